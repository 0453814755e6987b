// build: buildah does it, in the same store.
#include <unistd.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "common/process.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

class BuildCommand : public Command {
 public:
  void Declare(Arguments& a) override { a.PassEverything(operands_); }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    const auto program = common::FindProgram("buildah");
    if (!program && program.error().code() == ErrorCode::kNotFound)
      return MakeError(ErrorCode::kNotFound, "building images is the work of buildah, which is not installed (apt-get install buildah)");
    if (!program) return program.error();
    std::vector<std::string> words = {*program, "--root", paths.graph_root, "--runroot", paths.storage_run, "--storage-driver", "overlay", "build"};
    words.insert(words.end(), operands_.begin(), operands_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    FlushOutput();
    // In our place, so that signals, terminal and exit code are buildah's own.
    ::execv(program->c_str(), arguments.data());
    return common::ErrnoError("run {}", *program);
  }

 private:
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeBuild() { return std::make_unique<BuildCommand>(); }

}  // namespace skiff::cli

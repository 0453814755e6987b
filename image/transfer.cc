#include "image/transfer.h"

#include <unistd.h>

#include "common/json.h"
#include "common/process.h"
#include "image/transfer_error.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr int kInputFd = 3;  // where skiff-transfer finds our standard input

common::Command TransferCommand(const common::SystemPaths& paths, const char* verb) {
  common::Command command;
  command.argv = {paths.Program("skiff-transfer"), verb, "--graph-root", paths.graph_root, "--run-root", paths.storage_run};
  if (paths.rootless) command.argv.push_back("--rootless");
  return command;
}

void AddSource(common::Command& command, const std::string& source) {
  command.argv.push_back("--");
  if (source == "-") {
    command.argv.push_back(fmt::format("fd:{}", kInputFd));
    command.pass_fds.emplace_back(STDIN_FILENO, kInputFd);
  } else {
    command.argv.push_back(source.rfind("fd:", 0) == 0 ? "./" + source : source);
  }
}

Result<std::vector<LoadedImage>> RunTransfer(common::Command command) {
  ASSIGN_OR_RETURN(const common::Output output, common::Run(std::move(command)));
  if (output.status.signal != 0)
    return MakeError(ErrorCode::kInternal, "skiff-transfer was killed by signal {}; the store is as it was before",
                     output.status.signal);
  if (!output.status.ok()) return DecodeTransferError(output.err);
  ASSIGN_OR_RETURN(const auto document, common::ParseJson(output.out, "skiff-transfer's result"));
  std::vector<LoadedImage> images;
  if (const common::JsonValue* list = common::FindArray(document, "images"))
    for (const auto& item : list->GetArray())
      images.push_back({std::string(common::GetString(item, "id")), common::GetStrings(item, "names")});
  if (images.empty()) return MakeError(ErrorCode::kInternal, "skiff-transfer gave no result");
  return images;
}

}  // namespace

Result<std::vector<LoadedImage>> LoadArchive(const common::SystemPaths& paths, const std::string& source) {
  if (source.empty()) return MakeError(ErrorCode::kInvalid, "the archive's name is empty");
  common::Command command = TransferCommand(paths, "load");
  AddSource(command, source);
  return RunTransfer(std::move(command));
}

Result<LoadedImage> ImportTarball(const common::SystemPaths& paths, const std::string& source,
                                  const ImportOptions& options) {
  if (source.empty()) return MakeError(ErrorCode::kInvalid, "the tarball's name is empty");
  common::Command command = TransferCommand(paths, "import");
  if (!options.name.empty()) command.argv.insert(command.argv.end(), {"--name", options.name});
  if (!options.message.empty()) command.argv.insert(command.argv.end(), {"--message", options.message});
  for (const auto& change : options.changes) command.argv.insert(command.argv.end(), {"--change", change});
  AddSource(command, source);
  ASSIGN_OR_RETURN(const auto images, RunTransfer(std::move(command)));
  return images.front();
}

}  // namespace skiff::image

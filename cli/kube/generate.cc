// kube generate.
#include "kube/generate/generate.h"

#include "cli/command.h"
#include "cli/kube/commands.h"
#include "cli/kube/manifest_input.h"
#include "common/file.h"
#include "manifests/writer.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

class KubeGenerateCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-f,--filename", file_, "file", "Write to a new file instead of standard output");
    a.Switch("-s,--service", options_.service, "Write a Service in front");
    a.Value("-t,--type", type_, "kind", "pod or deployment (default pod)");
    a.Value("-r,--replicas", replicas_, "number", "Replicas of a deployment (default 1)");
    a.Operands(names_, 1);
  }

  Result<int> Run(Context& context) override {
    TRY(ReadType());
    options_.read_object = ReadStoredObject;
    if (!file_.empty() && common::PathExists(file_))
      return MakeError(ErrorCode::kExists,
                       "cannot write to \"{}\": it exists already; remove it or name another file", file_);
    ASSIGN_OR_RETURN(const kube::BackendFactory factory, Backend(context));
    ASSIGN_OR_RETURN(const std::unique_ptr<kube::PodBackend> backend, factory());
    ASSIGN_OR_RETURN(const kube::Generated generated, kube::Generate(names_, options_, *backend));
    for (const std::string& warning : generated.warnings) PrintWarning(warning);
    std::string text = generated.header;
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    for (size_t i = 0; i < generated.documents.size(); ++i)
      text += (i == 0 ? "" : "---\n") + manifests::WriteYaml(generated.documents[i]);
    if (file_.empty())
      Print(text);
    else
      TRY(common::WriteFile(file_, text));
    return 0;
  }

 private:
  Result<> ReadType() {
    for (char& c : type_) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (type_ == "deployment")
      options_.type = kube::GenerateType::kDeployment;
    else if (type_ != "pod")
      return MakeError(ErrorCode::kUnsupported, "--type {}: write pod or deployment", type_);
    if (!replicas_) return {};
    if (type_ == "pod") return MakeError(ErrorCode::kInvalid, "--replicas needs --type deployment");
    if (*replicas_ < 0 || *replicas_ > 1000)
      return MakeError(ErrorCode::kInvalid, "--replicas goes from 0 to 1000");
    options_.replicas = static_cast<int>(*replicas_);
    return {};
  }

  kube::GenerateOptions options_;
  std::string file_, type_ = "pod";
  std::optional<int64_t> replicas_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Command> MakeKubeGenerate() { return std::make_unique<KubeGenerateCommand>(); }

}  // namespace skiff::cli

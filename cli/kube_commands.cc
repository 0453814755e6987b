// kube play, kube down, kube generate.
#include <unistd.h>

#include <cstdio>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/notation/text.h"
#include "common/file.h"
#include "kube/diagnostic.h"
#include "kube/down.h"
#include "kube/engine_backend.h"
#include "kube/generate.h"
#include "kube/play.h"
#include "kube/types/object.h"
#include "manifests/loader.h"
#include "manifests/writer.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// Standard output has whole blocks only; errors of manifests go to standard error as a compiler's do.
void ShowDiagnostics(const std::vector<kube::Diagnostic>& diagnostics) {
  FlushOutput();
  const std::string text = kube::RenderDiagnostics(diagnostics, ::isatty(STDERR_FILENO) != 0);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

Result<std::vector<kube::Object>> LoadObjects(const std::vector<std::string>& sources,
                                              const manifests::LoadOptions& options) {
  ASSIGN_OR_RETURN(manifests::Loaded loaded, manifests::Load(sources, options));
  ShowDiagnostics(loaded.diagnostics);
  if (!kube::HasErrors(loaded.diagnostics)) return std::move(loaded.objects);
  size_t errors = 0;
  for (const kube::Diagnostic& diagnostic : loaded.diagnostics)
    errors += diagnostic.severity == kube::Severity::kError;
  return MakeError(ErrorCode::kInvalid, "{} error{} in {}; nothing was changed", errors,
                   errors == 1 ? "" : "s", Join(sources, ", "));
}

// An object of an earlier call, as the state store has it.
Result<kube::Object> ReadStoredObject(const std::string& json) {
  manifests::LoadOptions options;
  options.validation = manifests::Validation::kIgnore;
  manifests::Loaded loaded = manifests::LoadText(json, "stored object", options);
  if (loaded.objects.size() != 1 || kube::HasErrors(loaded.diagnostics))
    return MakeError(ErrorCode::kInternal, "an object of an earlier call cannot be read: {}",
                     kube::RenderDiagnostics(loaded.diagnostics));
  return std::move(loaded.objects.front());
}

// "Header:" and a line each.
void PrintSection(std::string_view header, const std::vector<std::string>& lines) {
  PrintLine(header);
  for (const std::string& line : lines) PrintLine(line);
}

int ShowErrors(const std::vector<common::Error>& errors) {
  for (const common::Error& error : errors) PrintError(error);
  return errors.empty() ? 0 : kExitFailure;
}

Result<kube::BackendFactory> Backend(Context& context) {
  ASSIGN_OR_RETURN(common::SystemPaths paths, context.Paths());
  return kube::EngineBackendFactory({std::move(paths), context.options().runtime});
}

Result<int> TakeDown(Context& context, const std::vector<kube::Object>& objects, bool force, bool quiet) {
  TRY(context.ChangingEngine());
  ASSIGN_OR_RETURN(const kube::BackendFactory backend, Backend(context));
  kube::DownOptions options;
  options.force = force;
  const kube::DownReport report = kube::Down(objects, options, backend);
  if (!quiet) {
    PrintSection("Pods stopped:", report.pods_stopped);
    PrintSection("Pods removed:", report.pods_removed);
    PrintSection("Secrets removed:", report.secrets_removed);
    PrintSection("Volumes removed:", report.volumes_removed);
  }
  return ShowErrors(report.errors);
}

class KubePlayCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("--replace", replace_, "Replace unchanged pods too, and pods that were not made by kube play");
    a.Switch("--start", start_, "Start the pods (default true)");
    a.List("--net,--network", options_.networks, "name", "Network of the pods: a name, host or none");
    a.List("--publish", options_.publish, "[[IP:]HOST:]PORT",
           "Publish a port, in place of the YAML's hostPort", ListStyle::kCommaSeparated);
    a.List("--configmap", config_maps_, "file", "YAML with further ConfigMaps", ListStyle::kCommaSeparated);
    a.Value("--validate", validate_, "mode",
            "Unknown fields: strict (an error), warn or ignore (default strict)");
    a.Switch("-q,--quiet", quiet_, "Print errors only");
    a.Switch("--down", down_, "Remove what the YAML describes, as kube down");
    a.Switch("--force", force_, "With --down: remove the volumes of claims too");
    a.Ignored("--log-driver", true);
    a.Ignored("--tls-verify", false);
    a.Ignored("--build", false);
    a.Refused("--wait", false, "not supported yet; 'skiff wait' waits for containers");
    a.Refused("--annotation", true, "not supported; write the annotation into the YAML");
    a.Refused("--userns", true, "user namespaces are not supported yet");
    a.Operands(sources_, 1);
  }

  Result<int> Run(Context& context) override {
    manifests::LoadOptions load;
    ASSIGN_OR_RETURN(load.validation, manifests::ParseValidation(validate_));
    load.require_objects = !down_;
    ASSIGN_OR_RETURN(const std::vector<kube::Object> objects, LoadObjects(sources_, load));
    if (down_) return TakeDown(context, objects, force_, quiet_);
    if (!config_maps_.empty()) {
      load.require_objects = false;
      ASSIGN_OR_RETURN(options_.config_maps, LoadObjects(config_maps_, load), "--configmap");
    }
    options_.replace = replace_;
    options_.start = start_.value_or(true);
    options_.read_object = ReadStoredObject;
    TRY(context.ChangingEngine());
    ASSIGN_OR_RETURN(const kube::BackendFactory backend, Backend(context));
    const kube::PlayReport report = kube::Play(objects, options_, backend, {{}, PrintWarning});
    if (!quiet_) Show(report);
    return ShowErrors(report.errors);
  }

 private:
  // podman's output, with what happened to each pod behind its heading.
  static void Show(const kube::PlayReport& report) {
    if (!report.volumes.empty()) PrintSection("Volumes:", report.volumes);
    if (!report.secrets.empty()) PrintSection("Secrets:", report.secrets);
    if (!report.removed_pods.empty()) PrintSection("Pods removed:", report.removed_pods);
    for (const kube::PodResult& pod : report.pods) {
      if (pod.id.empty()) continue;
      PrintSection("Pod:", {pod.id});
      PrintSection(pod.container_ids.size() == 1 ? "Container:" : "Containers:", pod.container_ids);
      PrintLine("");
    }
    for (const kube::PodResult& pod : report.pods) {
      if (pod.id.empty()) continue;
      const bool restarted = pod.started && pod.change == kube::Change::kUnchanged;
      PrintLine(
          fmt::format("pod/{} {}{}", pod.name, kube::ChangeName(pod.change), restarted ? " (started)" : ""));
    }
    for (const kube::ObjectResult& object : report.objects) {
      std::string kind = object.kind;
      for (char& c : kind) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      if (kind != "pod")
        PrintLine(fmt::format("{}/{} {}", kind, object.name, kube::ChangeName(object.change)));
    }
  }

  kube::PlayOptions options_;
  bool replace_ = false, quiet_ = false, down_ = false, force_ = false;
  std::optional<bool> start_;
  std::string validate_ = "strict";
  std::vector<std::string> config_maps_, sources_;
};

class KubeDownCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("--force", force_, "Remove the volumes of claims too");
    a.Switch("-q,--quiet", quiet_, "Print errors only");
    a.Operands(sources_, 1);
  }

  Result<int> Run(Context& context) override {
    // What was played must be removable, whatever is thought of its fields now.
    manifests::LoadOptions load;
    load.validation = manifests::Validation::kIgnore;
    load.require_objects = false;
    ASSIGN_OR_RETURN(const std::vector<kube::Object> objects, LoadObjects(sources_, load));
    return TakeDown(context, objects, force_, quiet_);
  }

 private:
  bool force_ = false, quiet_ = false;
  std::vector<std::string> sources_;
};

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

std::unique_ptr<Command> MakeKubePlay() { return std::make_unique<KubePlayCommand>(); }
std::unique_ptr<Command> MakeKubeDown() { return std::make_unique<KubeDownCommand>(); }
std::unique_ptr<Command> MakeKubeGenerate() { return std::make_unique<KubeGenerateCommand>(); }

}  // namespace skiff::cli

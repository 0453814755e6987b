// kube down.
#include "kube/play/down.h"

#include "cli/command.h"
#include "cli/kube/commands.h"
#include "cli/kube/manifest_input.h"

namespace skiff::cli {

using common::Result;

Result<int> TakeDown(Context& context, const std::vector<kube::Object>& objects, bool force, bool quiet) {
  TRY(context.ChangingEngine());
  ASSIGN_OR_RETURN(const kube::BackendFactory backend, Backend(context));
  kube::DownOptions options;
  options.force = force;
  options.read_object = ReadStoredObject;
  context.services_followed();
  const kube::DownReport report = kube::Down(objects, options, backend);
  if (!quiet) {
    PrintSection("Pods stopped:", report.pods_stopped);
    PrintSection("Pods removed:", report.pods_removed);
    PrintSection("Secrets removed:", report.secrets_removed);
    PrintSection("Volumes removed:", report.volumes_removed);
  }
  return ShowErrors(report.errors);
}

namespace {

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

}  // namespace

std::unique_ptr<Command> MakeKubeDown() { return std::make_unique<KubeDownCommand>(); }

}  // namespace skiff::cli

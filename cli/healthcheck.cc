// healthcheck run.
#include "cli/command.h"
#include "cli/commands.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr int kUnhealthy = 1;

// The supervisor makes the check, so that it counts as those that it makes by itself; with --health-interval=disable there are no
// others.
class HealthcheckRunCommand : public Command {
 public:
  void Declare(Arguments& a) override { a.Operands(operands_, 1, 1); }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const std::string id, context.FindContainer(operands_.front()));
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    ASSIGN_OR_RETURN(const pod::ContainerInfo container, engine->InspectContainer(id));
    if (!container.spec.health)
      return MakeError(ErrorCode::kInvalid, "container {} has no defined healthcheck", container.name);
    if (container.status.state != "running")
      return MakeError(ErrorCode::kBusy, "container {} is not running", container.name);
    ASSIGN_OR_RETURN(const bool healthy, engine->CheckHealth(id));
    if (healthy) return 0;
    PrintLine("unhealthy");
    return kUnhealthy;
  }

 private:
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeHealthcheckRun() { return std::make_unique<HealthcheckRunCommand>(); }

}  // namespace skiff::cli

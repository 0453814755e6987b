// healthcheck run.
#include "cli/command.h"
#include "cli/commands.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr int kUnhealthy = 1;

// Runs the check in front of the user. The supervisor's own checks, whose results make the container's state,
// go on beside it.
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
    pod::ExecOptions options;
    options.command = container.spec.health->probe.handler.command;
    FlushOutput();
    const Result<int> code = engine->Exec(id, options);
    if (code && *code == 0) return 0;
    // A command that does not exist cannot find it healthy.
    const bool cannot_run = !code && (code.error().code() == ErrorCode::kCommandNotFound ||
                                      code.error().code() == ErrorCode::kCommandNotExecutable);
    if (!code && !cannot_run) return code.error();
    PrintLine("unhealthy");
    return kUnhealthy;
  }

 private:
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeHealthcheckRun() { return std::make_unique<HealthcheckRunCommand>(); }

}  // namespace skiff::cli

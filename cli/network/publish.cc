// pod publish|unpublish.
#include "cli/container_options.h"
#include "cli/network/commands.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// A pod, or the pod that a container outside of pods has for itself.
Result<std::string> FindTarget(Context& context, const std::string& name) {
  const auto pod = context.FindPod(name);
  if (pod || pod.error().code() != ErrorCode::kNotFound) return pod;
  ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
  const auto container = engine->FindContainer(name);
  if (!container) return pod;
  ASSIGN_OR_RETURN(const auto info, engine->InspectContainer(*container));
  return info.pod_id;
}

class PublishCommand : public Command {
 public:
  explicit PublishCommand(bool publish) : publish_(publish) {}

  void Declare(Arguments& a) override { a.Operands(operands_, 2); }

  Result<int> Run(Context& context) override {
    const std::vector<std::string> texts(operands_.begin() + 1, operands_.end());
    if (!publish_) {
      // A bare number is a port of the host here.
      for (const std::string& text : texts) {
        const std::string_view port = std::string_view(text).substr(0, text.rfind('/'));
        if (port.find(':') == std::string_view::npos) TRY(AddHostPort(text));
        else TRY(AddMapping(text));
      }
    } else {
      ASSIGN_OR_RETURN(ports_, BuildPorts(texts));
    }
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    ASSIGN_OR_RETURN(const std::string pod, FindTarget(context, operands_.front()));
    if (publish_) TRY(engine->PublishPorts(pod, ports_));
    else TRY(engine->UnpublishPorts(pod, ports_));
    PrintLine(pod);
    return 0;
  }

 private:
  Result<> AddMapping(const std::string& text) {
    ASSIGN_OR_RETURN(const auto ports, BuildPorts({text}));
    ports_.insert(ports_.end(), ports.begin(), ports.end());
    return {};
  }

  Result<> AddHostPort(const std::string& text) {
    const size_t slash = text.find('/');
    const std::string port = text.substr(0, slash);
    return AddMapping(port + ":" + port + (slash == std::string::npos ? "" : text.substr(slash)));
  }

  bool publish_;
  std::vector<std::string> operands_;
  std::vector<pod::PortMapping> ports_;
};

}  // namespace

std::unique_ptr<Command> MakePodPublish() { return std::make_unique<PublishCommand>(true); }
std::unique_ptr<Command> MakePodUnpublish() { return std::make_unique<PublishCommand>(false); }

}  // namespace skiff::cli

// network connect|disconnect|reload.
#include <algorithm>
#include <set>

#include "cli/kube/manifest_input.h"
#include "cli/network/commands.h"
#include "cli/notation/networks.h"
#include "cli/render/units.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// The pod of a name: that of a container outside of pods, or a pod's own.
Result<std::string> FindTarget(Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
  const auto container = engine->FindContainer(name);
  if (!container) {
    if (const auto pod = engine->FindPod(name)) return *pod;
    if (container.error().code() != ErrorCode::kNotFound) return container.error();
    return MakeError(ErrorCode::kNotFound, "no container with name or ID \"{}\" found: no such container", name);
  }
  ASSIGN_OR_RETURN(const auto info, engine->InspectContainer(*container));
  if (!info.pod_name.empty())
    return MakeError(ErrorCode::kInvalid, "container {} shares the network of its pod: name the pod ({})", name,
                     info.pod_name);
  return info.pod_id;
}

class NetworkConnectCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.List("--alias", attachment_.aliases, "name", "A further name in DNS on that network", ListStyle::kCommaSeparated);
    a.Value("--ip", ip_, "address", "Address in the network");
    a.Value("--ip6", ip6_, "address", "IPv6 address in the network");
    a.Value("--mac-address", attachment_.static_mac, "address", "MAC address");
    a.Operands(names_, 2, 2);
  }

  Result<int> Run(Context& context) override {
    pod::NetworkSpec checked;
    TRY(ApplyNetworkFlags({.networks = {}, .ip = ip_, .ip6 = ip6_, .mac = {}, .aliases = {}}, checked));
    attachment_.static_ips = checked.First().static_ips;
    attachment_.name = names_[0];
    TRY(context.ChangingEngine());
    ASSIGN_OR_RETURN(const std::string pod, FindTarget(context, names_[1]));
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    TRY(engine->ConnectNetwork(pod, attachment_));
    return 0;
  }

 private:
  pod::NetworkAttachment attachment_;
  std::string ip_, ip6_;
  std::vector<std::string> names_;
};

class NetworkDisconnectCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Ignored("-f,--force", false);
    a.Operands(names_, 2, 2);
  }

  Result<int> Run(Context& context) override {
    TRY(context.ChangingEngine());
    ASSIGN_OR_RETURN(const std::string pod, FindTarget(context, names_[1]));
    ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
    TRY(engine->DisconnectNetwork(pod, names_[0]));
    return 0;
  }

 private:
  std::vector<std::string> names_;
};

class NetworkReloadCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-a,--all", all_, "All pods and containers that run");
    a.Switch("-l,--latest", latest_, "The container that was made last");
    a.Operands(names_, 0);
  }

  Result<int> Run(Context& context) override {
    if (names_.empty() != (all_ || latest_))
      return MakeError(ErrorCode::kInvalid, "name containers or pods, or give --all or --latest, not both");
    ASSIGN_OR_RETURN(pod::Engine * engine, context.ChangingEngine());
    ASSIGN_OR_RETURN(const auto pods, engine->ListPods());
    std::set<std::string> done;
    const auto reload = [&](const pod::PodInfo& pod) -> Result<> {
      if (!done.insert(pod.id).second) return {};
      TRY(engine->ReloadNetwork(pod.id));
      PrintLine(pod.spec.implicit && !pod.containers.empty() ? pod.containers.front().id : pod.infra_id);
      return {};
    };
    if (latest_) {
      const auto last = std::ranges::max_element(pods, {}, &pod::PodInfo::created);
      if (last == pods.end()) return MakeError(ErrorCode::kNotFound, "there is no container");
      TRY(reload(*last));
      TRY(FollowServices(context, true), "Services");
      return 0;
    }
    for (const pod::PodInfo& pod : pods) {
      if (all_ && pod.status.state == "running") names_.push_back(pod.id);
    }
    const auto reload_named = [&](const std::string& name) -> Result<> {
      std::string id = name;
      if (const auto container = engine->FindContainer(name)) {
        ASSIGN_OR_RETURN(const auto info, engine->InspectContainer(*container));
        id = info.pod_id;
      } else {
        ASSIGN_OR_RETURN(id, FindTarget(context, name));
      }
      const auto pod = std::ranges::find(pods, id, &pod::PodInfo::id);
      return pod == pods.end() ? Result<>() : reload(*pod);
    };
    const int code = context.ForEach(names_, [&](const std::string& name) -> Result<> {
      auto reloaded = reload_named(name);
      // Of all pods some may go meanwhile.
      return all_ && !reloaded && reloaded.error().code() == ErrorCode::kNotFound ? Result<>() : std::move(reloaded);
    });
    TRY(FollowServices(context, true), "Services");
    return code;
  }

 private:
  bool all_ = false, latest_ = false;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Command> MakeNetworkConnect() { return std::make_unique<NetworkConnectCommand>(); }
std::unique_ptr<Command> MakeNetworkDisconnect() { return std::make_unique<NetworkDisconnectCommand>(); }
std::unique_ptr<Command> MakeNetworkReload() { return std::make_unique<NetworkReloadCommand>(); }

}  // namespace skiff::cli

// Ports of the host that are held for the pod: the reaper keeps the sockets, what arrives on some of them is relayed here.
#include "pod/supervisor/held_port.h"
#include "pod/supervisor/pod_supervisor.h"

namespace skiff::supervisor {

using common::Result;
using common::UniqueFd;

Result<> PodSupervisor::StartRelay(const std::string& name, UniqueFd socket) {
  const auto info = ParseRelayName(name);
  if (!info) return {};
  ASSIGN_OR_RETURN(auto relay, PortRelay::Start(*loop_, std::move(socket), info->udp, info->target,
                                                [this](int family, int type) { return OpenTowardsPod(family, type); }));
  relays_[name] = std::move(relay);
  return {};
}

// Without root the bridges are not in our network, but the pod reaches itself and the Services by its own.
Result<UniqueFd> PodSupervisor::OpenTowardsPod(int family, int type) const {
  if (plan_.relays_inside) {
    if (!network_) return common::MakeError(common::ErrorCode::kUnavailable, "the pod has no network yet");
    return network_->Socket(family, type);
  }
  UniqueFd socket(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return common::ErrnoError("socket");
  return socket;
}

Result<> PodSupervisor::TakeRelays() {
  for (auto& [name, socket] : reaper_->TakeAll(kRelayPrefix)) TRY(StartRelay(name, std::move(socket)), "{}", name);
  return {};
}

void PodSupervisor::HoldPort(const ControlRequest& request, const Connection& connection) {
  UniqueFd socket = connection->TakePassed();
  if (stopping()) return connection->ReplyError("busy", "the pod is being stopped");
  if (!socket || request.names.size() != 1)
    return connection->ReplyError("", "request \"hold\" without a socket and its name");
  const std::string& name = request.names.front();
  reaper_->Keep(name, socket.get());
  const auto started = StartRelay(name, std::move(socket));
  started ? connection->ReplyOk() : connection->ReplyError("", started.error().message());
}

void PodSupervisor::ReleasePorts(const ControlRequest& request, const Connection& connection) {
  for (const std::string& side : request.names) {
    std::erase_if(relays_, [&](const auto& relay) { return Holds(relay.first, side); });
    reaper_->Release(side);
  }
  connection->ReplyOk();
}

void PodSupervisor::MoveRelays(const ControlRequest& request, const Connection& connection) {
  if (request.names.size() != 1) return connection->ReplyError("", "request \"relay-to\" without an address");
  std::map<std::string, std::unique_ptr<PortRelay>> moved;
  for (auto& [name, relay] : relays_) {
    const auto info = ParseRelayName(name);
    if (!info) continue;
    if (IsOfService(info->host_side)) {
      moved[name] = std::move(relay);
      continue;
    }
    const RelayTarget target{.address = request.names.front(), .port = info->target.port};
    const std::string new_name = RelayName(info->host_side, target);
    if (new_name != name) {
      reaper_->Keep(new_name, relay->socket());
      reaper_->Drop(name);
      relay->MoveTo(target);
    }
    moved[new_name] = std::move(relay);
  }
  relays_ = std::move(moved);
  connection->ReplyOk();
}

}  // namespace skiff::supervisor

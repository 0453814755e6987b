// Requests over the control socket (protocol.h, channel 2).
#include <algorithm>
#include <utility>

#include "common/file.h"
#include "pod/supervisor/pod_supervisor.h"

namespace skiff::supervisor {

using common::JoinPath;
using common::Result;
using std::chrono::milliseconds;
using Phase = Container::Phase;

namespace {

ControlReply Ok(const Container& container) { return {true, "", "", container.status().exit_code}; }

void ReplyStartFailure(ControlConnection& connection, const common::Error& error) {
  std::string code;
  if (error.code() == common::ErrorCode::kCommandNotFound) code = "command-not-found";
  if (error.code() == common::ErrorCode::kCommandNotExecutable) code = "command-not-executable";
  connection.ReplyError(code, error.message());
}

// Absent: each container's own.
std::optional<StopGrace> GivenGrace(const ControlRequest& request, const PodPlan& pod) {
  if (!request.grace_ms) return std::nullopt;
  return StopGrace{milliseconds(*request.grace_ms), milliseconds(request.keep_least ? pod.least_grace_ms : 0)};
}

}  // namespace

void PodSupervisor::OnRequest(const ControlRequest& request, const Connection& connection) {
  if (request.op == "status") return connection->ReplyOk();
  if (request.op == "stop" && request.container.empty()) {
    stop_waiters_.push_back(connection);
    return Stop(GivenGrace(request, plan_), "", "");
  }
  if (status_.state == "created" && (request.op == "start" || request.op == "restart" || request.op == "add")) {
    // Not before the network is there.
    early_requests_.emplace_back(request, connection);
    return;
  }
  if (request.op == "add") return Add(request, connection);
  if (request.op == "hold") return HoldPort(request, connection);
  if (request.op == "release") return ReleasePorts(request, connection);
  if (request.op == "relay-to") return MoveRelays(request, connection);
  const auto found = std::find_if(containers_.begin(), containers_.end(),
                                  [&](const auto& c) { return c->plan().id == request.container; });
  if (found == containers_.end())
    return connection->ReplyError("not-found", fmt::format("the pod has no container \"{}\"", request.container));
  OnContainerRequest(request, **found, connection);
}

void PodSupervisor::OnContainerRequest(const ControlRequest& request, Container& container, const Connection& connection) {
  if (request.op == "start") return StartByRequest(container, connection);
  if (request.op == "stop") return StopByRequest(container, request, connection);
  if (request.op == "restart") return RestartByRequest(container, request, connection);
  if (request.op == "wait") return WaitByRequest(container, request, connection);
  if (request.op == "remove") return Remove(container, connection);
  if (request.op == "health") return CheckHealth(container, connection);
  if (request.op == "kill") {
    const auto sent = container.Signal(request.signal);
    return sent ? connection->ReplyOk() : connection->ReplyError("busy", sent.error().message());
  }
  if (request.op == "resize") {
    container.Resize(request.rows, request.columns);
    return connection->ReplyOk();
  }
  if (request.op == "attach") {
    connection->ReplyOk();
    return container.hub().Add(connection->TakeStream());
  }
  connection->ReplyError("", fmt::format("unknown request \"{}\": skiff and skiff-supervisor are of different versions",
                                         request.op));
}

// An idle container that nobody holds back starts in its turn, behind the init containers and hooks before it.
void PodSupervisor::StartByRequest(Container& container, const Connection& connection) {
  const bool in_turn = container.phase() == Phase::kIdle && !container.plan().held && !container.status().final;
  if (!stopping() && in_turn) return connection->ReplyOk();
  if (!stopping() && losing()) return StartInNextSandbox(container, connection);
  StartNow(container, connection);
}

// Whoever asks may hold up the command that wires the next sandbox: not to wait for it.
void PodSupervisor::StartInNextSandbox(Container& container, const Connection& connection) {
  if (container.phase() == Phase::kEnded) container.BeginAnew();
  connection->ReplyOk();
}

void PodSupervisor::StartNow(Container& container, const Connection& connection) {
  if (stopping()) return connection->ReplyError("busy", "the pod is being stopped");
  if (container.phase() == Phase::kRunning) return connection->ReplyOk();
  waiters_.push_back({container.plan().id, connection,
                      [](const Container& c) { return c.phase() != Phase::kStarting && c.phase() != Phase::kIdle; }, Ok,
                      ReplyStartFailure});
  if (container.phase() != Phase::kStarting) container.Start();
}

void PodSupervisor::RestartByRequest(Container& container, const ControlRequest& request, const Connection& connection) {
  if (stopping()) return connection->ReplyError("busy", "the pod is being stopped");
  if (losing()) return StartInNextSandbox(container, connection);
  const auto is_new_run = [before = container.status().started_at](const Container& c) {
    return c.phase() != Phase::kStarting && !c.status().started_at.empty() && c.status().started_at != before;
  };
  waiters_.push_back({container.plan().id, connection, is_new_run, Ok, ReplyStartFailure});
  container.Restart(GivenGrace(request, plan_).value_or(container.OwnGrace()));
}

void PodSupervisor::StopByRequest(Container& container, const ControlRequest& request, const Connection& connection) {
  if (!container.active()) return connection->ReplyOk();
  waiters_.push_back({container.plan().id, connection, [](const Container& c) { return !c.active(); }, Ok, {}});
  container.Stop(GivenGrace(request, plan_).value_or(container.OwnGrace()));
}

void PodSupervisor::WaitByRequest(Container& container, const ControlRequest& request, const Connection& connection) {
  auto done = [](const Container& c) { return !c.active() && c.status().final; };
  if (request.until != "running")
    return waiters_.push_back({container.plan().id, connection, done, Ok, {}});
  const auto running = [done](const Container& c) { return c.phase() == Phase::kRunning || done(c); };
  waiters_.push_back({container.plan().id, connection, running, Ok, {}});
}

void PodSupervisor::CheckHealth(Container& container, const Connection& connection) {
  const bool asked = container.CheckHealth([this, connection](bool ok) {
    Changed();
    PublishIfChanged();  // whoever is answered reads it
    connection->Reply({true, "", "", ok ? 0 : 1});
  });
  if (!asked) connection->ReplyError("busy", fmt::format("container {} is not running, or has no health check", container.plan().name));
}

void PodSupervisor::Add(const ControlRequest& request, const Connection& connection) {
  if (stopping()) return connection->ReplyError("busy", "the pod is being stopped");
  if (!request.plan) return connection->ReplyError("", "request \"add\" without a container's plan");
  const bool known = std::any_of(containers_.begin(), containers_.end(),
                                 [&](const auto& c) { return c->plan().id == request.plan->id; });
  if (known) return connection->ReplyError("busy", fmt::format("the pod has container {} already", request.plan->id));
  plan_.containers.push_back(*request.plan);
  if (const auto saved = SavePlan(); !saved) {
    plan_.containers.pop_back();
    return connection->ReplyError("", saved.error().message());
  }
  Container& container = AddContainer(*request.plan);
  PublishIfChanged();
  if (container.plan().held || losing()) return connection->ReplyOk();
  StartNow(container, connection);
}

void PodSupervisor::Remove(Container& container, const Connection& connection) {
  if (container.active())
    return connection->ReplyError("busy", fmt::format("container {} is running", container.plan().name));
  const auto discarded = container.Discard();
  if (!discarded) return connection->ReplyError("", discarded.error().message());
  const std::string id = container.plan().id;
  std::erase_if(plan_.containers, [&](const ContainerPlan& plan) { return plan.id == id; });
  containers_.remove_if([&](const auto& c) { return c->plan().id == id; });
  Changed();
  const auto saved = SavePlan();
  PublishIfChanged();
  saved ? connection->ReplyOk() : connection->ReplyError("", saved.error().message());
  EndIfDone();
}

// So that a supervisor that is started again knows the pod as it is now.
Result<> PodSupervisor::SavePlan() {
  return common::WriteFileAtomic(JoinPath(plan_.run_dir, kPlanFile), common::EncodeJson(plan_), 0600);
}

void PodSupervisor::AnswerWaiters() {
  std::erase_if(waiters_, [this](const Waiter& waiter) {
    const auto container = std::find_if(containers_.begin(), containers_.end(),
                                        [&](const auto& c) { return c->plan().id == waiter.container; });
    if (container == containers_.end()) {
      waiter.connection->ReplyError("not-found", "the container was removed");
      return true;
    }
    if (!waiter.done(**container)) return false;
    waiter.connection->Reply(waiter.answer(**container));
    return true;
  });
}

bool PodSupervisor::AnswerFailedStart(const Container& container, const common::Error& error) {
  PublishIfChanged();
  return std::erase_if(waiters_, [&](const Waiter& waiter) {
           if (waiter.container != container.plan().id || !waiter.failed) return false;
           waiter.failed(*waiter.connection, error);
           return true;
         }) > 0;
}

void PodSupervisor::ServeEarlyRequests() {
  for (const auto& [request, connection] : std::exchange(early_requests_, {})) OnRequest(request, connection);
}

void PodSupervisor::AnswerAllAtEnd() {
  AnswerWaiters();
  for (const auto& early : early_requests_) early.second->ReplyError("busy", "the pod has been stopped");
  for (const auto& waiter : waiters_) waiter.connection->ReplyError("busy", "the pod has been stopped");
  for (const auto& connection : stop_waiters_) connection->ReplyOk();
  waiters_.clear();
  stop_waiters_.clear();
}

}  // namespace skiff::supervisor

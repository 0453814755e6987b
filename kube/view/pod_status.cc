#include "kube/view/pod_status.h"

#include <strings.h>

#include <algorithm>
#include <vector>

#include "common/clock.h"
#include "kube/translate/value_access.h"
#include "pod/state/lease_file.h"

namespace skiff::kube {
namespace {

using ContainerStatus = supervisor::ContainerStatus;

bool IsInit(const pod::ContainerInfo& container) { return container.spec.init && !container.spec.sidecar; }
bool IsApp(const pod::ContainerInfo& container) { return !container.spec.init && !container.spec.sidecar; }

// Until its postStart hook has ended a container does not count as running.
bool InPostStart(const ContainerStatus& status) { return status.state == "running" && status.hook && status.hook->hook == "postStart"; }

bool EverRan(const ContainerStatus& status) {
  return status.restart_count > 0 || (!status.started_at.empty() && !InPostStart(status));
}
bool HasSucceeded(const ContainerStatus& status) { return status.state == "exited" && status.exit_code == 0; }

// An init container is done with: a regular one has succeeded, a sidecar is started.
bool IsInitialized(const pod::ContainerInfo& container) {
  return IsInit(container) ? HasSucceeded(container.status) : container.status.started;
}

bool HasInitContainers(const pod::PodInfo& pod) {
  return std::any_of(pod.containers.begin(), pod.containers.end(), [](const auto& c) { return !IsApp(c); });
}

bool PodIsInitialized(const pod::PodInfo& pod) {
  if (!pod.status.initialized_at.empty()) return true;
  return std::all_of(pod.containers.begin(), pod.containers.end(),
                     [](const auto& c) { return IsApp(c) || IsInitialized(c); });
}

// Kubernetes knows whole seconds.
Value Time(const std::string& rfc3339) {
  const auto time = common::ParseTime(rfc3339);
  return time ? Value::String(common::FormatTime(*time)) : Value();
}

void SetIfAny(Value& map, std::string_view key, const std::string& text) {
  if (!text.empty()) map.Set(key, Value::String(text));
}

std::string ContainerUri(const std::string& id) { return "skiff://" + id; }

Value Terminated(const std::string& container_id, int exit_code, const std::string& reason,
                 const std::string& message, const std::string& started, const std::string& finished) {
  Value state = Value::Map();
  state.Set("containerID", Value::String(ContainerUri(container_id)));
  state.Set("exitCode", Value::Int(exit_code));
  state.Set("finishedAt", Time(finished));
  SetIfAny(state, "message", message);
  state.Set("reason", Value::String(!reason.empty() ? reason : exit_code == 0 ? "Completed" : "Error"));
  state.Set("startedAt", Time(started));
  return state;
}

Value Under(std::string_view key, Value value) {
  Value map = Value::Map();
  map.Set(key, std::move(value));
  return map;
}

// The kubelet's default for what has not been created yet is one word for the whole life of a pod with init containers. A container
// whose next run is just being made waits for nothing that has a name.
std::string ReasonToWait(const ContainerStatus& status, bool pod_has_init) {
  if (!status.reason.empty() && status.reason != "ContainerCreating") return status.reason;
  if (status.restart_count > 0) return "";
  return pod_has_init ? "PodInitializing" : "ContainerCreating";
}

// It has ended and is started again at once: there is no back-off to tell of.
bool IsBetweenRuns(const ContainerStatus& status) {
  return status.state == "waiting" && !status.finished_at.empty() && status.reason != "CrashLoopBackOff";
}

Value State(const ContainerStatus& status, bool pod_has_init) {
  if (status.state == "running" && !InPostStart(status)) return Under("running", Under("startedAt", Time(status.started_at)));
  if (status.state == "exited" || IsBetweenRuns(status)) {
    const std::string& message =
        status.termination_message.empty() ? status.message : status.termination_message;
    return Under("terminated", Terminated(status.id, status.exit_code, status.reason, message,
                                          status.started_at, status.finished_at));
  }
  Value waiting = Value::Map();
  SetIfAny(waiting, "message", status.message);
  SetIfAny(waiting, "reason", ReasonToWait(status, pod_has_init));
  return Under("waiting", std::move(waiting));
}

// The run before the one that `State` tells of.
Value LastState(const ContainerStatus& status) {
  // In back-off the last run is still in the main fields, its reason apart.
  if (status.state == "waiting" && !status.finished_at.empty() && !IsBetweenRuns(status))
    return Under("terminated",
                 Terminated(status.id, status.exit_code, status.oom_killed ? "OOMKilled" : status.last_reason,
                            status.termination_message, status.started_at, status.finished_at));
  if (status.restart_count == 0 || status.last_finished_at.empty()) return Value::Map();
  return Under("terminated",
               Terminated(status.id, status.last_exit_code, status.last_reason,
                          status.last_termination_message, status.last_started_at, status.last_finished_at));
}

Value ContainerStatusValue(const pod::ContainerInfo& container, bool pod_has_init) {
  const ContainerStatus& status = container.status;
  Value value = Value::Map();
  const bool ran = EverRan(status);
  if (ran) value.Set("containerID", Value::String(ContainerUri(container.id)));
  value.Set("image",
            Value::String(container.image_name.empty() ? container.spec.image : container.image_name));
  value.Set("imageID",
            Value::String(ran && !container.image_id.empty() ? "sha256:" + container.image_id : ""));
  value.Set("lastState", LastState(status));
  value.Set("name", Value::String(container.spec.name));
  const bool ready = IsInit(container) ? HasSucceeded(status) : status.state == "running" && status.ready;
  value.Set("ready", Value::Bool(ready));
  value.Set("restartCount", Value::Int(status.restart_count));
  value.Set("started", Value::Bool(status.state == "running" && status.started));
  value.Set("state", State(status, pod_has_init));
  return value;
}

std::string NamesText(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return "[" + text + "]";
}

Value Condition(std::string_view type, bool holds, const std::string& since) {
  Value condition = Value::Map();
  condition.Set("lastProbeTime", Value());
  condition.Set("lastTransitionTime", Time(since));
  condition.Set("status", Value::String(holds ? "True" : "False"));
  condition.Set("type", Value::String(std::string(type)));
  return condition;
}

const std::string& FirstOf(const std::string& a, const std::string& b, const std::string& c) {
  return !a.empty() ? a : !b.empty() ? b : c;
}

Value InitializedCondition(const pod::PodInfo& pod, std::string_view phase) {
  const bool holds = PodIsInitialized(pod);
  Value condition =
      Condition("Initialized", holds, FirstOf(pod.status.initialized_at, pod.status.started_at, pod.created));
  if (phase == "Succeeded") condition.Set("reason", Value::String("PodCompleted"));
  if (holds) return condition;
  std::vector<std::string> incomplete;
  for (const pod::ContainerInfo& container : pod.containers)
    if (!IsApp(container) && !IsInitialized(container)) incomplete.push_back(container.spec.name);
  condition.Set("message", Value::String("containers with incomplete status: " + NamesText(incomplete)));
  condition.Set("reason", Value::String("ContainersNotInitialized"));
  return condition;
}

// What the kubelet says of gates whose condition nobody has set.
std::string GatesText(const std::vector<std::string>& gates) {
  std::string text;
  for (const std::string& gate : gates)
    text += fmt::format("{}corresponding condition of pod readiness gate \"{}\" does not exist.", text.empty() ? "" : ", ", gate);
  return text;
}

// Ready and ContainersReady.
Value ReadyCondition(std::string_view type, const pod::PodInfo& pod, std::string_view phase) {
  std::vector<std::string> unready;
  for (const pod::ContainerInfo& container : pod.containers) {
    if (!IsInit(container) && !(container.status.state == "running" && container.status.ready))
      unready.push_back(container.spec.name);
  }
  const bool over = phase == "Succeeded" || phase == "Failed";
  const bool containers_ready =
      !over && unready.empty() && !pod.containers.empty() && pod.status.state != "exited" && pod.status.sandbox_lost_at.empty();
  const bool gated = type == "Ready" && containers_ready && !pod.spec.readiness_gates.empty();
  const bool holds = containers_ready && !gated;
  Value condition =
      Condition(type, holds, FirstOf(pod.status.ready_changed_at, pod.status.started_at, pod.created));
  if (holds) return condition;
  if (gated) {
    condition.Set("message", Value::String(GatesText(pod.spec.readiness_gates)));
    condition.Set("reason", Value::String("ReadinessGatesNotReady"));
  } else if (over) {
    condition.Set("reason", Value::String(phase == "Succeeded" ? "PodCompleted" : "PodFailed"));
  } else {
    condition.Set("message", Value::String("containers with unready status: " + NamesText(unready)));
    condition.Set("reason", Value::String("ContainersNotReady"));
  }
  return condition;
}

Value Conditions(const pod::PodInfo& pod, std::string_view phase) {
  Value conditions = Value::List();
  const bool lives = pod.status.state == "running" || pod.status.state == "stopping";
  const bool sandbox = lives && pod.status.sandbox_lost_at.empty();
  const std::string& changed = sandbox ? pod.status.sandbox_ready_at : lives ? pod.status.sandbox_lost_at : pod.status.finished_at;
  conditions.items().push_back(
      Condition("PodReadyToStartContainers", sandbox, FirstOf(changed, pod.status.started_at, pod.created)));
  conditions.items().push_back(InitializedCondition(pod, phase));
  conditions.items().push_back(ReadyCondition("Ready", pod, phase));
  conditions.items().push_back(ReadyCondition("ContainersReady", pod, phase));
  conditions.items().push_back(Condition("PodScheduled", true, pod.created));
  return conditions;
}

std::string_view QosName(QosClass qos) {
  switch (qos) {
    case QosClass::kGuaranteed:
      return "Guaranteed";
    case QosClass::kBurstable:
      return "Burstable";
    case QosClass::kBestEffort:
      break;
  }
  return "BestEffort";
}

void SetAddresses(const pod::PodInfo& pod, const std::string& host_ip, Value& status) {
  const auto set = [&](const std::string& key, const std::vector<std::string>& addresses) {
    if (addresses.empty()) return;
    Value ips = Value::List();
    for (const std::string& address : addresses) ips.items().push_back(Under("ip", Value::String(address)));
    status.Set(key, Value::String(addresses.front()));
    status.Set(key + "s", std::move(ips));
  };
  std::vector<std::string> of_host;
  if (!host_ip.empty()) of_host.push_back(host_ip);
  set("hostIP", of_host);
  set("podIP", pod.spec.network.mode == pod::NetworkSpec::Mode::kHost ? of_host : pod::PodAddresses(pod.leases));
}

}  // namespace

std::string_view PodPhase(const pod::PodInfo& pod) {
  const auto& status = pod.status;
  if (status.state == "created") return "Pending";
  if (status.reason == "DeadlineExceeded" || status.reason == "Evicted") return "Failed";
  bool succeeded = true;
  bool ended = true;
  bool waiting = !PodIsInitialized(pod);
  for (const pod::ContainerInfo& container : pod.containers) {
    const ContainerStatus& c = container.status;
    if (IsInit(container) && c.state == "exited" && c.exit_code != 0 && c.final) return "Failed";
    // Its exit code decides nothing, but a pod whose sidecar runs is not over.
    if (container.spec.sidecar) ended = ended && c.state != "running";
    if (!IsApp(container)) continue;
    waiting = waiting || !EverRan(c);
    ended = ended && c.state == "exited" && c.final;
    succeeded = succeeded && HasSucceeded(c);
  }
  if (status.state == "exited") return succeeded ? "Succeeded" : "Failed";
  if (waiting) return "Pending";
  if (!ended || std::none_of(pod.containers.begin(), pod.containers.end(), IsApp)) return "Running";
  return succeeded ? "Succeeded" : "Failed";
}

Value PodStatusOf(const pod::PodInfo& pod, QosClass qos, const std::string& host_ip) {
  const std::string_view phase = PodPhase(pod);
  const bool has_init = HasInitContainers(pod);
  Value status = Value::Map();
  status.Set("conditions", Conditions(pod, phase));
  Value apps = Value::List();
  Value inits = Value::List();
  for (const pod::ContainerInfo& container : pod.containers)
    (IsApp(container) ? apps : inits).items().push_back(ContainerStatusValue(container, has_init));
  status.Set("containerStatuses", std::move(apps));
  SetAddresses(pod, host_ip, status);
  if (has_init) status.Set("initContainerStatuses", std::move(inits));
  SetIfAny(status, "message", pod.status.message);
  status.Set("phase", Value::String(std::string(phase)));
  status.Set("qosClass", Value::String(std::string(QosName(qos))));
  SetIfAny(status, "reason", pod.status.reason);
  status.Set("startTime", Time(pod.status.started_at.empty() ? pod.created : pod.status.started_at));
  return status;
}

std::string WaitingReason(const pod::PodInfo& pod, const pod::ContainerInfo& container) {
  return ReasonToWait(container.status, HasInitContainers(pod));
}

std::string ConditionStatus(const Value& object, std::string_view type) {
  for (const Value& condition : At(object, "status.conditions").items()) {
    const std::string& name = TextAt(condition, "type");
    if (name.size() == type.size() && ::strncasecmp(name.data(), type.data(), type.size()) == 0)
      return TextAt(condition, "status");
  }
  return "";
}

namespace {

std::string EndText(const Value& terminated) {
  const std::string& reason = TextAt(terminated, "reason");
  if (!reason.empty()) return reason;
  if (const int64_t signal = IntAt(terminated, "signal")) return fmt::format("Signal:{}", signal);
  return fmt::format("ExitCode:{}", IntAt(terminated, "exitCode"));
}

class Summarizer {
 public:
  explicit Summarizer(const Value& pod) : pod_(pod) {}

  PodSummary Run() {
    const std::string& reason = TextAt(pod_, "status.reason");
    const std::string& phase = TextAt(pod_, "status.phase");
    summary_.status = reason.empty() ? phase : reason;
    summary_.total = static_cast<int>(At(pod_, "spec.containers").items().size());
    const bool initializing = LookAtInitContainers();
    if (!initializing || ConditionStatus(pod_, "Initialized") == "True") {
      summary_.restarts = sidecar_restarts_;
      summary_.last_restart = last_sidecar_restart_;
      LookAtContainers();
    }
    if (!TextAt(pod_, "metadata.deletionTimestamp").empty() && phase != "Succeeded" && phase != "Failed")
      summary_.status = "Terminating";
    return summary_;
  }

 private:
  void Count(const Value& container, int64_t& restarts, std::string& last) const {
    restarts += IntAt(container, "restartCount");
    last = std::max(last, TextAt(container, "lastState.terminated.finishedAt"));
  }

  bool IsSidecarNamed(const std::string& name) const {
    for (const Value& init : At(pod_, "spec.initContainers").items())
      if (TextAt(init, "name") == name) return TextAt(init, "restartPolicy") == "Always";
    return false;
  }

  // True while the pod is being initialized.
  bool LookAtInitContainers() {
    const auto& specs = At(pod_, "spec.initContainers").items();
    for (const Value& spec : specs) summary_.total += TextAt(spec, "restartPolicy") == "Always";
    size_t index = 0;
    bool initializing = false;
    for (const Value& init : At(pod_, "status.initContainerStatuses").items()) {
      const bool sidecar = IsSidecarNamed(TextAt(init, "name"));
      Count(init, summary_.restarts, summary_.last_restart);
      if (sidecar) Count(init, sidecar_restarts_, last_sidecar_restart_);
      if (!initializing)
        initializing = LookAtInit(init, sidecar, index, specs.size());
      else if (sidecar && BoolAt(init, "started") && BoolAt(init, "ready"))
        ++summary_.ready;
      ++index;
    }
    return initializing;
  }

  bool LookAtInit(const Value& init, bool sidecar, size_t index, size_t count) {
    const Value& ended = At(init, "state.terminated");
    if (!IsNull(ended) && IntAt(ended, "exitCode") == 0) return false;
    if (sidecar && BoolAt(init, "started")) {
      summary_.ready += BoolAt(init, "ready");
      return false;
    }
    const std::string& waiting = TextAt(init, "state.waiting.reason");
    if (!IsNull(ended))
      summary_.status = "Init:" + EndText(ended);
    else if (!waiting.empty() && waiting != "PodInitializing")
      summary_.status = "Init:" + waiting;
    else
      summary_.status = fmt::format("Init:{}/{}", index, count);
    return true;
  }

  void LookAtContainers() {
    bool has_running = false;
    const auto& containers = At(pod_, "status.containerStatuses").items();
    for (auto container = containers.rbegin(); container != containers.rend(); ++container) {
      Count(*container, summary_.restarts, summary_.last_restart);
      const std::string& waiting = TextAt(*container, "state.waiting.reason");
      const Value& ended = At(*container, "state.terminated");
      if (!waiting.empty())
        summary_.status = waiting;
      else if (!IsNull(ended))
        summary_.status = EndText(ended);
      else if (BoolAt(*container, "ready") && !IsNull(At(*container, "state.running"))) {
        has_running = true;
        ++summary_.ready;
      }
    }
    if (summary_.status == "Completed" && has_running)
      summary_.status = ConditionStatus(pod_, "Ready") == "True" ? "Running" : "NotReady";
  }

  const Value& pod_;
  PodSummary summary_;
  int64_t sidecar_restarts_ = 0;
  std::string last_sidecar_restart_;
};

}  // namespace

PodSummary SummarizePod(const Value& pod) { return Summarizer(pod).Run(); }

}  // namespace skiff::kube

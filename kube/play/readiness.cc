#include "kube/play/readiness.h"

#include "kube/translate/value_access.h"
#include "kube/view/pod_status.h"

namespace skiff::kube {
namespace {

// What a probe says may be a program's output, with its last newline.
std::string WithoutEndOfLine(const std::string& text) { return text.substr(0, text.find_last_not_of(" \r\n") + 1); }

// While the next run is being made, the one that has ended last is the one before.
std::string LastExit(const supervisor::ContainerStatus& status) {
  if (!status.finished_at.empty()) return fmt::format(", last exit code {}", status.exit_code);
  return status.last_finished_at.empty() ? "" : fmt::format(", last exit code {}", status.last_exit_code);
}

// Empty: nothing is wrong with it.
std::string Trouble(const pod::ContainerInfo& container) {
  const auto& status = container.status;
  const bool init = container.spec.init && !container.spec.sidecar;
  if (status.state == "running") {
    if (init) return "still running";
    if (status.ready) return "";
    if (status.hook && status.hook->hook == "postStart") return "its postStart hook has not ended yet";
    if (!status.probe_failure.empty()) return WithoutEndOfLine(status.probe_failure);
    return status.started ? "its readiness probe has not succeeded yet"
                          : "its startup probe has not succeeded yet";
  }
  if (status.state == "exited") {
    if (init && status.exit_code == 0) return "";
    const std::string reason = status.reason.empty() ? "" : fmt::format(" ({})", status.reason);
    const std::string message = status.message.empty() ? "" : ": " + status.message;
    return fmt::format("ended with exit code {}{}{}", status.exit_code, reason, message);
  }
  if (status.state == "waiting" && !status.reason.empty())
    return fmt::format("{}{}{}", status.reason, status.message.empty() ? "" : ": " + status.message, LastExit(status));
  return "not started yet";
}

}  // namespace

bool IsReady(const pod::PodInfo& pod) {
  Value object = Value::Map();
  object.Set("status", PodStatusOf(pod, QosClass::kBestEffort, ""));
  return ConditionStatus(object, "Ready") == "True";
}

bool IsOver(const pod::PodInfo& pod) {
  const std::string_view phase = PodPhase(pod);
  return phase == "Succeeded" || phase == "Failed";
}

std::vector<std::string> WhyNotReady(const pod::PodInfo& pod) {
  std::vector<std::string> sentences;
  if (!pod.status.message.empty()) sentences.push_back(pod.status.message);
  if (!pod.status.sandbox_lost_at.empty()) sentences.push_back("its sandbox has ended, and the next one is not ready yet");
  for (const pod::ContainerInfo& container : pod.containers) {
    const std::string trouble = Trouble(container);
    if (trouble.empty()) continue;
    const bool init = container.spec.init && !container.spec.sidecar;
    sentences.push_back(
        fmt::format("{}container \"{}\": {}", init ? "init " : "", container.spec.name, trouble));
    if (init) break;  // the others wait for it
  }
  if (sentences.empty())
    for (const std::string& gate : pod.spec.readiness_gates)
      sentences.push_back(fmt::format("readinessGates: nothing sets the condition \"{}\"", gate));
  return sentences;
}

int FirstFailure(const std::vector<pod::PodInfo>& pods) {
  const supervisor::ContainerStatus* first = nullptr;
  for (const pod::PodInfo& pod : pods) {
    for (const pod::ContainerInfo& container : pod.containers) {
      const auto& status = container.status;
      if (container.spec.sidecar || status.state != "exited" || status.exit_code == 0) continue;
      if (first == nullptr || status.finished_at < first->finished_at) first = &status;
    }
  }
  return first == nullptr ? 0 : first->exit_code;
}

}  // namespace skiff::kube

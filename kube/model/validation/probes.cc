#include "kube/model/validation/report.h"

namespace skiff::kube::validation {

namespace {

void ValidateHandlerCount(Report& report, const std::string& path, int count) {
  if (count == 0) report.Required(path, "must specify a handler type");
  if (count > 1) report.Forbidden(path, "may not specify more than 1 handler type");
}

void ValidateProbe(Report& report, const std::string& path, const std::optional<Probe>& probe,
                   bool readiness) {
  if (!probe) return;
  ValidateHandlerCount(report, path,
                       probe->exec.has_value() + probe->http_get.has_value() + probe->tcp_socket.has_value() +
                           probe->grpc.has_value());
  if (!readiness && probe->success_threshold.value_or(1) != 1) {
    report.Error(path + ".successThreshold",
                 fmt::format("Invalid value: {}: must be 1", *probe->success_threshold));
  }
  if (readiness && probe->termination_grace_period_seconds) {
    report.Error(path + ".terminationGracePeriodSeconds",
                 fmt::format("Invalid value: {}: must not be set for readinessProbes",
                             *probe->termination_grace_period_seconds));
  }
}

void ValidateHook(Report& report, const std::string& path, const std::optional<LifecycleHandler>& hook,
                  const PodSpec& pod) {
  if (!hook) return;
  ValidateHandlerCount(report, path,
                       hook->exec.has_value() + hook->http_get.has_value() + hook->tcp_socket.has_value() +
                           hook->sleep.has_value());
  const int64_t grace = pod.termination_grace_period_seconds.value_or(30);
  if (hook->sleep && hook->sleep->seconds > grace) {
    report.Error(path + ".sleep", fmt::format("Invalid value: {}: must be non-negative and less than "
                                              "terminationGracePeriodSeconds ({})",
                                              hook->sleep->seconds, grace));
  }
}

}  // namespace

void ValidateProbes(Report& report, const std::string& path, const Container& container, const PodSpec& pod,
                    bool init) {
  if (init && container.restart_policy != "Always") {
    constexpr std::string_view kForbidden = "may not be set for init containers without restartPolicy=Always";
    if (container.lifecycle) report.Forbidden(path + ".lifecycle", kForbidden);
    if (container.liveness_probe) report.Forbidden(path + ".livenessProbe", kForbidden);
    if (container.readiness_probe) report.Forbidden(path + ".readinessProbe", kForbidden);
    if (container.startup_probe) report.Forbidden(path + ".startupProbe", kForbidden);
    return;
  }
  ValidateProbe(report, path + ".livenessProbe", container.liveness_probe, false);
  ValidateProbe(report, path + ".readinessProbe", container.readiness_probe, true);
  ValidateProbe(report, path + ".startupProbe", container.startup_probe, false);
  if (!container.lifecycle) return;
  ValidateHook(report, path + ".lifecycle.postStart", container.lifecycle->post_start, pod);
  ValidateHook(report, path + ".lifecycle.preStop", container.lifecycle->pre_stop, pod);
  if (!container.lifecycle->stop_signal.empty() && pod.os.is(Value::Kind::kNull))
    report.Forbidden(path + ".lifecycle.stopSignal", "may only be set where spec.os.name says which signals there are: add \"os: {name: linux}\"");
}

}  // namespace skiff::kube::validation

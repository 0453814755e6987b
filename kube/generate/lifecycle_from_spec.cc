#include "kube/generate/lifecycle_from_spec.h"

namespace skiff::kube {
namespace {

using supervisor::Handler;

HttpGetAction HttpGet(const Handler& in) {
  HttpGetAction out{.path = in.path, .port = {.number = in.port}, .host = in.host};
  if (in.https) out.scheme = "HTTPS";
  for (const supervisor::HttpHeader& header : in.headers) out.http_headers.push_back({header.name, header.value});
  return out;
}

template <typename Action>
Action CommonAction(const Handler& in) {
  Action out;
  if (in.kind == Handler::Kind::kExec) out.exec.emplace().command = in.command;
  if (in.kind == Handler::Kind::kHttpGet) out.http_get = HttpGet(in);
  if (in.kind == Handler::Kind::kTcpSocket) out.tcp_socket = TcpSocketAction{.port = {.number = in.port}, .host = in.host};
  return out;
}

// Whole seconds, no less than was asked for.
int32_t Seconds(int64_t milliseconds) { return static_cast<int32_t>((milliseconds + 999) / 1000); }

std::optional<Probe> ProbeFrom(const std::optional<supervisor::Probe>& in) {
  if (!in) return std::nullopt;
  auto out = CommonAction<Probe>(in->handler);
  if (in->handler.kind == Handler::Kind::kGrpc) out.grpc = GrpcAction{in->handler.port, in->handler.service};
  const supervisor::Probe usual;
  const auto unless_usual = [](int64_t value, int64_t fallback, std::optional<int32_t>& field, int32_t written) {
    if (value != fallback) field = written;
  };
  out.initial_delay_seconds = Seconds(in->initial_delay_ms);
  unless_usual(in->period_ms, usual.period_ms, out.period_seconds, Seconds(in->period_ms));
  unless_usual(in->timeout_ms, usual.timeout_ms, out.timeout_seconds, Seconds(in->timeout_ms));
  unless_usual(in->success_threshold, usual.success_threshold, out.success_threshold, in->success_threshold);
  unless_usual(in->failure_threshold, usual.failure_threshold, out.failure_threshold, in->failure_threshold);
  if (in->grace_ms) out.termination_grace_period_seconds = Seconds(*in->grace_ms);
  return out;
}

std::optional<LifecycleHandler> HookFrom(const std::optional<Handler>& in) {
  if (!in) return std::nullopt;
  auto out = CommonAction<LifecycleHandler>(*in);
  if (in->kind == Handler::Kind::kSleep) out.sleep = SleepAction{in->seconds};
  return out;
}

}  // namespace

void AddLifecycle(const pod::ContainerSpec& spec, Container& out, std::vector<std::string>& warnings) {
  out.startup_probe = ProbeFrom(spec.startup_probe);
  out.liveness_probe = ProbeFrom(spec.liveness_probe);
  out.readiness_probe = ProbeFrom(spec.readiness_probe);
  if (spec.health && !spec.liveness_probe) {
    out.liveness_probe = ProbeFrom(spec.health->probe);
    if (spec.health->startup) out.startup_probe = ProbeFrom(spec.health->startup);
    if (spec.health->on_failure == supervisor::HealthCheck::OnFailure::kNone)
      warnings.push_back(fmt::format("container \"{}\": its health check is written as livenessProbe, which restarts the "
                                     "container when it fails", spec.name));
  }
  if (spec.sidecar) out.restart_policy = "Always";
  for (const supervisor::RestartRule& rule : spec.restart_rules) {
    RestartRule& written = out.restart_policy_rules.emplace_back();
    written.action = rule.all ? "RestartAllContainers" : "Restart";
    written.exit_codes = RestartRuleExitCodes{rule.negated ? "NotIn" : "In", {rule.exit_codes.begin(), rule.exit_codes.end()}};
  }
  if (spec.termination_message_from_log) out.termination_message_policy = "FallbackToLogsOnError";
  Lifecycle lifecycle{HookFrom(spec.post_start), HookFrom(spec.pre_stop), spec.stop_signal};
  if (lifecycle.post_start || lifecycle.pre_stop || !lifecycle.stop_signal.empty()) out.lifecycle = std::move(lifecycle);
}

}  // namespace skiff::kube

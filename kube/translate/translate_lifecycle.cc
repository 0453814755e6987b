#include "kube/translate/translate_lifecycle.h"

#include <algorithm>

#include "kube/model/text.h"
#include "pod/signal_names.h"

namespace skiff::kube {
namespace {

using supervisor::Handler;

constexpr int64_t kMilliseconds = 1000;

// A number, or the name of one of the container's own ports.
uint16_t PortNumber(const TranslationContext& context, const Container& container, const IntOrString& port,
                    const std::string& path) {
  if (!port.is_string) return static_cast<uint16_t>(port.number);
  const auto named = std::find_if(container.ports.begin(), container.ports.end(),
                                  [&](const ContainerPort& candidate) { return candidate.name == port.text; });
  if (named != container.ports.end()) return static_cast<uint16_t>(named->container_port);
  context.problems.Error(path + ".port", fmt::format("the container has no port named \"{}\"", port.text));
  return 0;
}

Handler HttpGet(const TranslationContext& context, const Container& container, const HttpGetAction& in,
                const std::string& path) {
  Handler out{.kind = Handler::Kind::kHttpGet, .host = in.host};
  out.port = PortNumber(context, container, in.port, path);
  out.path = in.path;
  out.https = in.scheme == "HTTPS";
  for (const HttpHeader& header : in.http_headers) out.headers.push_back({header.name, header.value});
  return out;
}

Handler TcpSocket(const TranslationContext& context, const Container& container, const TcpSocketAction& in,
                  const std::string& path) {
  return {.kind = Handler::Kind::kTcpSocket, .host = in.host, .port = PortNumber(context, container, in.port, path)};
}

// What probes and hooks have in common; validation has made sure that exactly one handler is there.
template <typename Action>
Handler CommonHandler(const TranslationContext& context, const Container& container, const Action& in,
                      const std::string& path) {
  if (in.exec) return {.kind = Handler::Kind::kExec, .command = in.exec->command};
  if (in.http_get) return HttpGet(context, container, *in.http_get, path + ".httpGet");
  if (in.tcp_socket) return TcpSocket(context, container, *in.tcp_socket, path + ".tcpSocket");
  return {};
}

// Zero means the default, as in Kubernetes.
int64_t OrDefault(const std::optional<int32_t>& value, int64_t fallback) { return value.value_or(0) == 0 ? fallback : *value; }

std::optional<supervisor::Probe> TranslateProbe(const TranslationContext& context, const Container& container,
                                                const std::optional<Probe>& in, const std::string& path) {
  if (!in) return std::nullopt;
  supervisor::Probe out;
  out.handler = CommonHandler(context, container, *in, path);
  if (in->grpc)
    out.handler = {.kind = Handler::Kind::kGrpc, .port = static_cast<uint16_t>(in->grpc->port), .service = in->grpc->service};
  out.initial_delay_ms = in->initial_delay_seconds * kMilliseconds;
  out.period_ms = OrDefault(in->period_seconds, 10) * kMilliseconds;
  out.timeout_ms = OrDefault(in->timeout_seconds, 1) * kMilliseconds;
  out.success_threshold = static_cast<int>(OrDefault(in->success_threshold, 1));
  out.failure_threshold = static_cast<int>(OrDefault(in->failure_threshold, 3));
  if (in->termination_grace_period_seconds) out.grace_ms = *in->termination_grace_period_seconds * kMilliseconds;
  return out;
}

std::optional<Handler> TranslateHook(const TranslationContext& context, const Container& container,
                                     const std::optional<LifecycleHandler>& in, const std::string& path) {
  if (!in) return std::nullopt;
  if (in->sleep) return Handler{.kind = Handler::Kind::kSleep, .seconds = in->sleep->seconds};
  return CommonHandler(context, container, *in, path);
}

}  // namespace

void TranslateLifecycle(const TranslationContext& context, const Container& in, const std::string& path,
                        pod::ContainerSpec& out) {
  out.startup_probe = TranslateProbe(context, in, in.startup_probe, path + ".startupProbe");
  out.liveness_probe = TranslateProbe(context, in, in.liveness_probe, path + ".livenessProbe");
  out.readiness_probe = TranslateProbe(context, in, in.readiness_probe, path + ".readinessProbe");
  for (const RestartRule& rule : in.restart_policy_rules)
    out.restart_rules.push_back({rule.action == "RestartAllContainers", rule.exit_codes->match == "NotIn",
                                 {rule.exit_codes->values.begin(), rule.exit_codes->values.end()}});
  if (!in.lifecycle) return;
  out.stop_signal = in.lifecycle->stop_signal;
  // Kubernetes knows them by their full names only.
  if (!out.stop_signal.empty() && (!out.stop_signal.starts_with("SIG") || !pod::ParseSignal(out.stop_signal)))
    context.problems.Error(path + ".lifecycle.stopSignal",
                           fmt::format("Unsupported value: {}: no such signal; write it like \"SIGTERM\" or \"SIGRTMIN+3\"",
                                       QuoteText(out.stop_signal)));
  out.post_start = TranslateHook(context, in, in.lifecycle->post_start, path + ".lifecycle.postStart");
  out.pre_stop = TranslateHook(context, in, in.lifecycle->pre_stop, path + ".lifecycle.preStop");
}

}  // namespace skiff::kube

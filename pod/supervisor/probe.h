// Probes, hooks and health checks as data: part of a container's spec (pod/spec.h) and of plan.json. Port names and
// defaults are resolved; only the pod's address is not: an empty host means it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skiff::supervisor {

struct HttpHeader {
  std::string name;
  std::string value;
};

// What a probe or a hook does; `kind` tells which of the fields count.
struct Handler {
  enum class Kind { kExec, kHttpGet, kTcpSocket, kGrpc, kSleep };
  Kind kind = Kind::kExec;
  std::vector<std::string> command;   // exec: argv, run in the container without a shell
  std::string host;                   // httpGet, tcpSocket; empty: the pod's own address
  uint16_t port = 0;                  // httpGet, tcpSocket, grpc
  std::string path;                   // httpGet: with its query; empty: "/"
  bool https = false;                 // httpGet: certificates are not checked
  std::vector<HttpHeader> headers;    // httpGet
  std::string service;                // grpc
  int64_t seconds = 0;                // sleep
};

// Times and thresholds as in Kubernetes (kube-semantics.md 7.4), in milliseconds.
struct Probe {
  Handler handler;
  int64_t initial_delay_ms = 0;
  int64_t period_ms = 10'000;
  int64_t timeout_ms = 1'000;
  int success_threshold = 1;
  int failure_threshold = 3;
  std::optional<int64_t> grace_ms;  // instead of the container's own when this probe ends it
};

// Docker's and podman's health check. It tells "starting", "healthy" or "unhealthy" and is otherwise without effect, unless
// `on_failure` says so. Failures within the start period do not count until the first success.
struct HealthCheck {
  enum class OnFailure { kNone, kKill, kRestart, kStop };
  Probe probe;                   // failure_threshold: --health-retries
  int64_t start_period_ms = 0;
  OnFailure on_failure = OnFailure::kNone;
  std::optional<Probe> startup;  // --health-startup-cmd: must succeed before `probe` begins; its failure restarts
  int max_log_count = 5;         // results kept in the health file, 0: any number
  int max_log_size = 500;        // characters of output kept of each, 0: all
};

inline constexpr std::array<std::pair<Handler::Kind, std::string_view>, 5> kHandlerKinds = {{
    {Handler::Kind::kExec, "exec"},
    {Handler::Kind::kHttpGet, "httpGet"},
    {Handler::Kind::kTcpSocket, "tcpSocket"},
    {Handler::Kind::kGrpc, "grpc"},
    {Handler::Kind::kSleep, "sleep"},
}};
inline constexpr std::array<std::pair<HealthCheck::OnFailure, std::string_view>, 4> kHealthActions = {{
    {HealthCheck::OnFailure::kNone, "none"},
    {HealthCheck::OnFailure::kKill, "kill"},
    {HealthCheck::OnFailure::kRestart, "restart"},
    {HealthCheck::OnFailure::kStop, "stop"},
}};

namespace internal {
template <typename Names, typename E>
std::string_view NameIn(const Names& names, E value) {
  for (const auto& [candidate, name] : names)
    if (candidate == value) return name;
  return "";
}
template <typename E, typename Names>
std::optional<E> ValueIn(const Names& names, std::string_view wanted) {
  for (const auto& [value, name] : names)
    if (name == wanted) return value;
  return std::nullopt;
}
}  // namespace internal

inline std::string_view EnumName(Handler::Kind value) { return internal::NameIn(kHandlerKinds, value); }
inline std::string_view EnumName(HealthCheck::OnFailure value) { return internal::NameIn(kHealthActions, value); }
inline std::optional<Handler::Kind> EnumFromName(Handler::Kind*, std::string_view name) {
  return internal::ValueIn<Handler::Kind>(kHandlerKinds, name);
}
inline std::optional<HealthCheck::OnFailure> EnumFromName(HealthCheck::OnFailure*, std::string_view name) {
  return internal::ValueIn<HealthCheck::OnFailure>(kHealthActions, name);
}

template <typename V>
void VisitFields(V& v, HttpHeader& h) {
  v("name", h.name);
  v("value", h.value);
}

template <typename V>
void VisitFields(V& v, Handler& h) {
  v("kind", h.kind);
  v("command", h.command);
  v("host", h.host);
  v("port", h.port);
  v("path", h.path);
  v("https", h.https);
  v("headers", h.headers);
  v("service", h.service);
  v("seconds", h.seconds);
}

template <typename V>
void VisitFields(V& v, Probe& p) {
  v("handler", p.handler);
  v("initialDelayMs", p.initial_delay_ms);
  v("periodMs", p.period_ms);
  v("timeoutMs", p.timeout_ms);
  v("successThreshold", p.success_threshold);
  v("failureThreshold", p.failure_threshold);
  v("graceMs", p.grace_ms);
}

template <typename V>
void VisitFields(V& v, HealthCheck& h) {
  v("probe", h.probe);
  v("startPeriodMs", h.start_period_ms);
  v("onFailure", h.on_failure);
  v("startup", h.startup);
  v("maxLogCount", h.max_log_count);
  v("maxLogSize", h.max_log_size);
}

}  // namespace skiff::supervisor

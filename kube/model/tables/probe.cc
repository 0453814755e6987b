#include "kube/model/codec.h"
#include "kube/model/rules.h"

namespace skiff::kube {

using enum Support;

const Struct& Describe(const ExecAction*) {
  static const Struct table{"ExecAction", {
      F<&ExecAction::command>("command").Required(),
  }};
  return table;
}

const Struct& Describe(const HttpHeader*) {
  static const Struct table{"HTTPHeader", {
      F<&HttpHeader::name>("name").Required().Check(CheckHttpHeaderName),
      F<&HttpHeader::value>("value"),
  }};
  return table;
}

const Struct& Describe(const HttpGetAction*) {
  static const Struct table{"HTTPGetAction", {
      F<&HttpGetAction::path>("path").Default("/"),
      F<&HttpGetAction::port>("port").Required().Check(CheckPort),
      F<&HttpGetAction::host>("host").Note("as seen from the pod's network; default: the pod's address"),
      F<&HttpGetAction::scheme>("scheme").Default("HTTP").OneOf({"HTTP", "HTTPS"}),
      F<&HttpGetAction::http_headers>("httpHeaders"),
  }};
  return table;
}

const Struct& Describe(const TcpSocketAction*) {
  static const Struct table{"TCPSocketAction", {
      F<&TcpSocketAction::port>("port").Required().Check(CheckPort),
      F<&TcpSocketAction::host>("host"),
  }};
  return table;
}

const Struct& Describe(const GrpcAction*) {
  static const Struct table{"GRPCAction", {
      F<&GrpcAction::port>("port").Required().Range(1, 65535),
      F<&GrpcAction::service>("service"),
  }};
  return table;
}

const Struct& Describe(const SleepAction*) {
  static const Struct table{"SleepAction", {
      F<&SleepAction::seconds>("seconds").AtLeast(0),
  }};
  return table;
}

const Struct& Describe(const Probe*) {
  static const Struct table{"Probe", {
      F<&Probe::exec>("exec"),
      F<&Probe::http_get>("httpGet"),
      F<&Probe::tcp_socket>("tcpSocket"),
      F<&Probe::grpc>("grpc"),
      F<&Probe::initial_delay_seconds>("initialDelaySeconds").AtLeast(0),
      F<&Probe::timeout_seconds>("timeoutSeconds").Default(int64_t{1}).AtLeast(0),
      F<&Probe::period_seconds>("periodSeconds").Default(int64_t{10}).AtLeast(0),
      F<&Probe::success_threshold>("successThreshold").Default(int64_t{1}).AtLeast(0),
      F<&Probe::failure_threshold>("failureThreshold").Default(int64_t{3}).AtLeast(0),
      F<&Probe::termination_grace_period_seconds>("terminationGracePeriodSeconds").AtLeast(1),
  }};
  return table;
}

const Struct& Describe(const LifecycleHandler*) {
  static const Struct table{"LifecycleHandler", {
      F<&LifecycleHandler::exec>("exec"),
      F<&LifecycleHandler::http_get>("httpGet"),
      F<&LifecycleHandler::tcp_socket>("tcpSocket").Note("always fails, as in Kubernetes"),
      F<&LifecycleHandler::sleep>("sleep"),
  }};
  return table;
}

const Struct& Describe(const Lifecycle*) {
  static const Struct table{"Lifecycle", {
      F<&Lifecycle::post_start>("postStart"),
      F<&Lifecycle::pre_stop>("preStop"),
      F<&Lifecycle::stop_signal>("stopSignal"),
  }};
  return table;
}

}  // namespace skiff::kube

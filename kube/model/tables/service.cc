#include "kube/model/codec.h"
#include "kube/model/rules.h"
#include "kube/model/tables/shape.h"

namespace skiff::kube {

using enum Support;

namespace {

const std::vector<std::string_view> kProtocols{"TCP", "UDP", "SCTP"};
const std::vector<std::string_view> kTrafficPolicies{"Cluster", "Local"};

}  // namespace

const Struct& Describe(const ServicePort*) {
  static const Struct table{"ServicePort", {
      F<&ServicePort::name>("name").Check(CheckDnsLabel),
      F<&ServicePort::protocol>("protocol").Default("TCP").OneOf(kProtocols),
      F<&ServicePort::app_protocol>("appProtocol", kAccepted),
      F<&ServicePort::port>("port").Required().Range(1, 65535),
      F<&ServicePort::target_port>("targetPort").Check(CheckPort).Note("default: `port`"),
      F<&ServicePort::node_port>("nodePort").Note("default: a free one from 30000-32767"),
  }};
  return table;
}

const Struct& Describe(const ClientIpConfig*) {
  static const Struct table{"ClientIPConfig", {
      F<&ClientIpConfig::timeout_seconds>("timeoutSeconds").Range(1, 86400),
  }};
  return table;
}

const Struct& Describe(const SessionAffinityConfig*) {
  static const Struct table{"SessionAffinityConfig", {
      F<&SessionAffinityConfig::client_ip>("clientIP"),
  }};
  return table;
}

const Struct& Describe(const ServiceSpec*) {
  static const Struct table{"ServiceSpec", {
      F<&ServiceSpec::ports>("ports"),
      F<&ServiceSpec::selector>("selector").CheckEach(QualifiedNameDetail, LabelValueDetail),
      F<&ServiceSpec::cluster_ip>("clusterIP").Note("default: a free one of the service range"),
      F<&ServiceSpec::cluster_ips>("clusterIPs"),
      F<&ServiceSpec::type>("type").Default("ClusterIP").OneOf({"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"}),
      F<&ServiceSpec::external_ips>("externalIPs").Note("addresses that lead to this machine"),
      F<&ServiceSpec::session_affinity>("sessionAffinity").Default("None").OneOf({"None", "ClientIP"}),
      F<&ServiceSpec::session_affinity_config>("sessionAffinityConfig"),
      F<&ServiceSpec::load_balancer_ip>("loadBalancerIP", kAccepted),
      F<&ServiceSpec::load_balancer_source_ranges>("loadBalancerSourceRanges"),
      F<&ServiceSpec::external_name>("externalName"),
      F<&ServiceSpec::external_traffic_policy>("externalTrafficPolicy").OneOf(kTrafficPolicies)
          .Note("every endpoint is on this machine, and clients from outside keep their address"),
      F<&ServiceSpec::health_check_node_port>("healthCheckNodePort", kAccepted),
      F<&ServiceSpec::publish_not_ready_addresses>("publishNotReadyAddresses"),
      F<&ServiceSpec::ip_families>("ipFamilies").Note("default: IPv4, or those of `clusterIPs`; pods need a network with IPv6"),
      F<&ServiceSpec::ip_family_policy>("ipFamilyPolicy").OneOf({"SingleStack", "PreferDualStack", "RequireDualStack"}),
      F<&ServiceSpec::allocate_load_balancer_node_ports>("allocateLoadBalancerNodePorts"),
      F<&ServiceSpec::load_balancer_class>("loadBalancerClass", kAccepted),
      F<&ServiceSpec::internal_traffic_policy>("internalTrafficPolicy").OneOf(kTrafficPolicies)
          .Note("every endpoint is on this machine"),
      F<&ServiceSpec::traffic_distribution>("trafficDistribution", kAccepted),
  }};
  return table;
}

const Struct& Describe(const Service*) {
  static const Struct table{"Service", {
      S("apiVersion", StringType(), kEffective),
      S("kind", StringType(), kEffective),
      F<&Service::metadata>("metadata").Required(),
      F<&Service::spec>("spec").Required(),
      S("status", AnyType(), kServer),
  }};
  return table;
}

const Struct& Describe(const EndpointAddress*) {
  static const Struct table{"EndpointAddress", {
      F<&EndpointAddress::ip>("ip").Required().Check(CheckIp),
      F<&EndpointAddress::hostname>("hostname").Check(CheckDnsLabel),
      F<&EndpointAddress::node_name>("nodeName", kAccepted),
      F<&EndpointAddress::target_ref>("targetRef", AnyType(), kAccepted),
  }};
  return table;
}

const Struct& Describe(const EndpointPort*) {
  static const Struct table{"EndpointPort", {
      F<&EndpointPort::name>("name").Check(CheckDnsLabel),
      F<&EndpointPort::port>("port").Required().Range(1, 65535),
      F<&EndpointPort::protocol>("protocol").Default("TCP").OneOf(kProtocols),
      F<&EndpointPort::app_protocol>("appProtocol", kAccepted),
  }};
  return table;
}

const Struct& Describe(const EndpointSubset*) {
  static const Struct table{"EndpointSubset", {
      F<&EndpointSubset::addresses>("addresses"),
      F<&EndpointSubset::not_ready_addresses>("notReadyAddresses"),
      F<&EndpointSubset::ports>("ports"),
  }};
  return table;
}

const Struct& Describe(const Endpoints*) {
  static const Struct table{"Endpoints", {
      S("apiVersion", StringType(), kEffective),
      S("kind", StringType(), kEffective),
      F<&Endpoints::metadata>("metadata").Required(),
      F<&Endpoints::subsets>("subsets"),
  }};
  return table;
}

const Struct& Describe(const EndpointConditions*) {
  static const Struct table{"EndpointConditions", {
      F<&EndpointConditions::ready>("ready"),
      F<&EndpointConditions::serving>("serving", kAccepted),
      F<&EndpointConditions::terminating>("terminating"),
  }};
  return table;
}

const Struct& Describe(const SliceEndpoint*) {
  static const Struct table{"Endpoint", {
      F<&SliceEndpoint::addresses>("addresses").Required(),
      F<&SliceEndpoint::conditions>("conditions"),
      F<&SliceEndpoint::hostname>("hostname").Check(CheckDnsLabel),
      F<&SliceEndpoint::target_ref>("targetRef", AnyType(), kAccepted),
      F<&SliceEndpoint::deprecated_topology>("deprecatedTopology", kAccepted),
      F<&SliceEndpoint::node_name>("nodeName", kAccepted),
      F<&SliceEndpoint::zone>("zone", kAccepted),
      F<&SliceEndpoint::hints>("hints", AnyType(), kAccepted),
  }};
  return table;
}

const Struct& Describe(const SlicePort*) {
  static const Struct table{"EndpointSlicePort", {
      F<&SlicePort::name>("name"),
      F<&SlicePort::protocol>("protocol").Default("TCP").OneOf(kProtocols),
      F<&SlicePort::port>("port").Range(1, 65535),
      F<&SlicePort::app_protocol>("appProtocol", kAccepted),
  }};
  return table;
}

const Struct& Describe(const EndpointSlice*) {
  static const Struct table{"EndpointSlice", {
      S("apiVersion", StringType(), kEffective),
      S("kind", StringType(), kEffective),
      F<&EndpointSlice::metadata>("metadata").Required(),
      F<&EndpointSlice::address_type>("addressType").Required().OneOf({"IPv4", "IPv6", "FQDN"}),
      F<&EndpointSlice::endpoints>("endpoints").Required(),
      F<&EndpointSlice::ports>("ports"),
  }};
  return table;
}

}  // namespace skiff::kube

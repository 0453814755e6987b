#include "kube/model/defaults.h"

#include "kube/model/encode.h"
#include "kube/model/tables/tables.h"

namespace skiff::kube {

std::string_view DefaultPullPolicy(std::string_view image) {
  const size_t at = image.find('@');
  const std::string_view named = image.substr(0, at);
  const size_t slash = named.rfind('/');
  const size_t colon = named.find(':', slash == named.npos ? 0 : slash);
  const std::string_view tag = colon == named.npos ? std::string_view() : named.substr(colon + 1);
  const bool latest = tag == "latest" || (tag.empty() && at == image.npos);
  return latest ? "Always" : "IfNotPresent";
}

namespace {

constexpr int32_t kDefaultAffinitySeconds = 10800;

bool HasSource(const Volume& volume) {
  return volume.host_path || volume.empty_dir || volume.secret || volume.config_map || volume.projected ||
         volume.downward_api || volume.persistent_volume_claim || volume.image || volume.ephemeral ||
         volume.remote;
}

void DefaultContainer(Container& container, bool host_network) {
  if (container.image_pull_policy.empty()) container.image_pull_policy = DefaultPullPolicy(container.image);
  if (!host_network) return;
  for (ContainerPort& port : container.ports) {
    if (port.host_port == 0) port.host_port = port.container_port;
  }
}

void DefaultPodSpec(PodSpec& spec) {
  for (Volume& volume : spec.volumes) {
    if (!HasSource(volume)) volume.empty_dir.emplace();
    if (volume.image && volume.image->pull_policy.empty()) {
      volume.image->pull_policy = DefaultPullPolicy(volume.image->reference);
    }
  }
  for (Container& container : spec.init_containers) DefaultContainer(container, spec.host_network);
  for (Container& container : spec.containers) DefaultContainer(container, spec.host_network);
}

// In pods only: a template keeps what was written (kube-semantics 3.2).
void DefaultRequests(PodSpec& spec) {
  for (auto* containers : {&spec.init_containers, &spec.containers}) {
    for (Container& container : *containers) {
      container.resources.requests.insert(container.resources.limits.begin(),
                                          container.resources.limits.end());
    }
  }
}

void ApplyComputed(Pod& pod) {
  DefaultPodSpec(pod.spec);
  DefaultRequests(pod.spec);
}

void ApplyComputed(Deployment& deployment) {
  DefaultPodSpec(deployment.spec.pod_template.spec);
  DeploymentStrategy& strategy = deployment.spec.strategy;
  if (strategy.type == "RollingUpdate" && !strategy.rolling_update) {
    RollingUpdateDeployment& rolling_update = strategy.rolling_update.emplace();
    ApplyStaticDefaults(Describe(&rolling_update), &rolling_update);
  }
}

void ApplyComputed(Secret& secret) {
  for (auto& [key, text] : secret.string_data) secret.data[key].data = text;
  secret.string_data.clear();
}

void ApplyComputed(Service& service) {
  ServiceSpec& spec = service.spec;
  const bool external_name = spec.type == "ExternalName";
  for (ServicePort& port : spec.ports) {
    // 0 is what templates that leave it open render.
    if (!port.target_port || (!port.target_port->is_string && port.target_port->number == 0) ||
        (port.target_port->is_string && port.target_port->text.empty()))
      port.target_port = IntOrString{.number = port.port};
  }
  if (spec.session_affinity == "ClientIP") {
    if (!spec.session_affinity_config) spec.session_affinity_config.emplace();
    auto& client = spec.session_affinity_config->client_ip;
    if (!client) client.emplace();
    if (!client->timeout_seconds) client->timeout_seconds = kDefaultAffinitySeconds;
  }
  if (spec.cluster_ip.empty() && !spec.cluster_ips.empty()) spec.cluster_ip = spec.cluster_ips.front();
  if (!external_name && spec.internal_traffic_policy.empty()) spec.internal_traffic_policy = "Cluster";
  const bool outside = spec.type == "NodePort" || spec.type == "LoadBalancer";
  if (outside && spec.external_traffic_policy.empty()) spec.external_traffic_policy = "Cluster";
  if (spec.type == "LoadBalancer" && !spec.allocate_load_balancer_node_ports) spec.allocate_load_balancer_node_ports = true;
}

template <typename T>
void ApplyComputed(T&) {}

template <typename T>
void ApplyStatic(T& body) {
  ApplyStaticDefaults(Describe(&body), &body);
}

void RemoveFromPodSpec(PodSpec& spec) {
  for (auto* containers : {&spec.init_containers, &spec.containers}) {
    for (Container& container : *containers) {
      if (container.image_pull_policy == DefaultPullPolicy(container.image))
        container.image_pull_policy.clear();
      for (ContainerPort& port : container.ports) {
        if (spec.host_network && port.host_port == port.container_port) port.host_port = 0;
      }
    }
  }
  for (Volume& volume : spec.volumes) {
    if (volume.image && volume.image->pull_policy == DefaultPullPolicy(volume.image->reference)) {
      volume.image->pull_policy.clear();
    }
  }
}

void RemoveRequests(PodSpec& spec) {
  for (auto* containers : {&spec.init_containers, &spec.containers}) {
    for (Container& container : *containers) {
      for (const auto& [name, limit] : container.resources.limits) {
        const auto request = container.resources.requests.find(name);
        if (request != container.resources.requests.end() && request->second == limit) {
          container.resources.requests.erase(request);
        }
      }
    }
  }
}

bool IsDefault(const std::optional<IntOrString>& value) {
  return !value || (value->is_string && value->text == "25%");
}

void RemoveComputed(Pod& pod) {
  RemoveFromPodSpec(pod.spec);
  RemoveRequests(pod.spec);
}

void RemoveComputed(Deployment& deployment) {
  RemoveFromPodSpec(deployment.spec.pod_template.spec);
  auto& rolling = deployment.spec.strategy.rolling_update;
  if (rolling && IsDefault(rolling->max_surge) && IsDefault(rolling->max_unavailable)) rolling.reset();
}

// What allocation and defaults have added; a fixed clusterIP cannot be told from an allocated one here.
void RemoveComputed(Service& service) {
  ServiceSpec& spec = service.spec;
  for (ServicePort& port : spec.ports) {
    if (port.target_port && !port.target_port->is_string && port.target_port->number == port.port) port.target_port.reset();
  }
  if (spec.internal_traffic_policy == "Cluster") spec.internal_traffic_policy.clear();
  if (spec.external_traffic_policy == "Cluster") spec.external_traffic_policy.clear();
  if (spec.allocate_load_balancer_node_ports.value_or(false)) spec.allocate_load_balancer_node_ports.reset();
  const auto& affinity = spec.session_affinity_config;
  if (affinity && affinity->client_ip && affinity->client_ip->timeout_seconds.value_or(0) == kDefaultAffinitySeconds)
    spec.session_affinity_config.reset();
}

template <typename T>
void RemoveComputed(T&) {}

}  // namespace

void ApplyDefaults(Object& object) {
  if (object.metadata().kube_namespace.empty()) object.metadata().kube_namespace = "default";
  std::visit(
      [](auto& body) {
        ApplyStatic(body);
        ApplyComputed(body);
      },
      object.body);
}

void RemoveComputedDefaults(Object& object) {
  if (object.metadata().kube_namespace == "default") object.metadata().kube_namespace.clear();
  std::visit([](auto& body) { RemoveComputed(body); }, object.body);
}

}  // namespace skiff::kube

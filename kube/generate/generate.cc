#include "kube/generate/generate.h"

#include <algorithm>
#include <set>

#include "kube/generate/pod_from_spec.h"
#include "kube/model/encode.h"
#include "kube/play/object_key.h"
#include "kube/play/object_store.h"
#include "kube/play/publish.h"
#include "kube/translate/references.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;

constexpr char kHeader[] =
    "# Made by skiff kube generate from what is on this machine.\n"
    "# Play it with: skiff kube play FILE\n";

struct QualifiedName {
  std::string kube_namespace = "default";
  std::string name;
};

QualifiedName ParseName(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return {.name = text};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

class Generator {
 public:
  Generator(const GenerateOptions& options, PodBackend& backend) : options_(options), backend_(backend) {
    result_.header = kHeader;
  }

  common::Result<> Add(const std::string& name);
  Generated Take() { return std::move(result_); }

 private:
  common::Result<> AddPlayed(const pod::PodInfo& info);
  void AddUnplayed(const pod::PodInfo& info, const std::string& name);
  void AddPod(Pod pod);
  // Called like `metadata`; selects the pods by its labels.
  void AddService(const ObjectMeta& metadata, const PodSpec& spec);
  // What a played pod needs to be played elsewhere.
  common::Result<> AddReferences(const PodSpec& spec, const std::string& kube_namespace);
  void AddClaim(const std::string& volume);
  void AddDocument(const Object& object) { result_.documents.push_back(Encode(object, {.omit_defaults = true})); }

  const GenerateOptions& options_;
  PodBackend& backend_;
  Generated result_;
  std::set<ObjectKey> written_;  // ConfigMaps and claims
};

// What a server would have added, and what belongs to the one object that exists.
void DropServerFields(ObjectMeta& metadata) {
  metadata.uid.clear();
  metadata.creation_timestamp.clear();
  metadata.owner_references.clear();
  if (metadata.kube_namespace == "default") metadata.kube_namespace.clear();
}

std::string PortName(const ContainerPort& port) {
  return port.name.empty() ? std::to_string(port.container_port) + (port.protocol == "UDP" ? "-udp" : "") : port.name;
}

common::Result<> Generator::Add(const std::string& name) {
  if (const auto pod_id = backend_.FindPod(name)) {
    ASSIGN_OR_RETURN(const pod::PodInfo info, backend_.InspectPod(*pod_id));
    if (info.spec.from_kube) return AddPlayed(info);
    if (!info.spec.implicit) {
      AddUnplayed(info, ToLabel(info.spec.name));
      return {};
    }
  } else if (pod_id.error().code() != ErrorCode::kNotFound) {
    return pod_id.error();
  }
  const QualifiedName qualified = ParseName(name);
  auto deployment = LoadObject(backend_, options_.read_object, {Deployment::kKind, qualified.kube_namespace, qualified.name});
  if (deployment) {
    const auto& body = *deployment->As<Deployment>();
    TRY(AddReferences(body.spec.pod_template.spec, qualified.kube_namespace));
    DropServerFields(deployment->metadata());
    if (options_.service) {
      ObjectMeta metadata = body.spec.pod_template.metadata;
      metadata.name = deployment->metadata().name;
      metadata.kube_namespace = deployment->metadata().kube_namespace;
      AddService(metadata, body.spec.pod_template.spec);
    }
    AddDocument(*deployment);
    return {};
  }
  if (deployment.error().code() != ErrorCode::kNotFound) return std::move(deployment).error();
  if (const auto container_id = backend_.FindContainer(name)) {
    ASSIGN_OR_RETURN(const pod::ContainerInfo container, backend_.InspectContainer(*container_id));
    if (!container.pod_name.empty())
      return MakeError(ErrorCode::kInvalid, "container \"{}\" is part of pod \"{}\"; generate the pod: skiff kube generate {}",
                       name, container.pod_name, container.pod_name);
    ASSIGN_OR_RETURN(const pod::PodInfo info, backend_.InspectPod(container.pod_id));
    AddUnplayed(info, ToLabel(container.name) + "-pod");
    return {};
  }
  ASSIGN_OR_RETURN(const auto volumes, backend_.ListVolumes());
  if (std::any_of(volumes.begin(), volumes.end(), [&](const auto& volume) { return volume.name == name; })) {
    AddClaim(name);
    return {};
  }
  return MakeError(ErrorCode::kNotFound, "no pod, Deployment, container or volume \"{}\"; see `skiff pod ps -a` and `skiff ps -a`",
                   name);
}

// The object as it was played; a pod of a Deployment takes the template.
common::Result<> Generator::AddPlayed(const pod::PodInfo& info) {
  Pod pod;
  if (info.spec.owner.empty()) {
    auto object = LoadObject(backend_, options_.read_object, {Pod::kKind, info.spec.kube_namespace, info.spec.name});
    if (!object && object.error().code() != ErrorCode::kNotFound) return std::move(object).error();
    if (!object) {  // the call that played it was killed
      AddUnplayed(info, info.spec.name);
      return {};
    }
    pod = std::move(*object->As<Pod>());
  } else {
    const size_t slash = info.spec.owner.rfind('/');
    auto object = LoadObject(backend_, options_.read_object,
                             {Deployment::kKind, info.spec.kube_namespace, info.spec.owner.substr(slash + 1)});
    if (!object && object.error().code() != ErrorCode::kNotFound) return std::move(object).error();
    if (!object) {
      AddUnplayed(info, info.spec.name);
      return {};
    }
    const PodTemplateSpec& pod_template = object->As<Deployment>()->spec.pod_template;
    pod.metadata = pod_template.metadata;
    pod.metadata.name = info.spec.name;
    pod.metadata.kube_namespace = info.spec.kube_namespace;
    pod.spec = pod_template.spec;
    if (!HasHostPorts(info.spec) && !pod.spec.host_network) {  // another replica holds them
      for (Container& container : pod.spec.containers) {
        for (ContainerPort& port : container.ports) port.host_port = 0;
      }
    }
  }
  TRY(AddReferences(pod.spec, info.spec.kube_namespace));
  DropServerFields(pod.metadata);
  AddPod(std::move(pod));
  return {};
}

void Generator::AddUnplayed(const pod::PodInfo& info, const std::string& name) {
  PodFromSpecResult made = PodFromSpec(info, name, [&](const std::string& reference) -> std::optional<image::ImageConfig> {
    const auto image = backend_.FindImage(reference);
    if (!image) return std::nullopt;
    return image->config;
  });
  for (std::string& warning : made.warnings) result_.warnings.push_back(fmt::format("pod \"{}\": {}", name, warning));
  for (const std::string& claim : made.claims) AddClaim(claim);
  AddPod(std::move(made.pod));
}

void Generator::AddPod(Pod pod) {
  if (options_.service) AddService(pod.metadata, pod.spec);
  if (options_.type == GenerateType::kPod) return AddDocument({.body = std::move(pod)});
  Deployment deployment;
  deployment.metadata.name = pod.metadata.name + "-deployment";
  deployment.metadata.kube_namespace = pod.metadata.kube_namespace;
  deployment.metadata.labels = pod.metadata.labels;
  pod.metadata.labels.try_emplace("app", pod.metadata.name);
  deployment.spec.replicas = options_.replicas;
  deployment.spec.selector.emplace().match_labels = pod.metadata.labels;
  deployment.spec.pod_template.metadata.labels = pod.metadata.labels;
  deployment.spec.pod_template.metadata.annotations = pod.metadata.annotations;
  deployment.spec.pod_template.spec = std::move(pod.spec);
  if (deployment.spec.pod_template.spec.restart_policy != "Always") {
    result_.warnings.push_back(fmt::format("pod \"{}\": the containers of a Deployment are always restarted; restartPolicy {} is "
                                           "not kept", pod.metadata.name, deployment.spec.pod_template.spec.restart_policy));
    deployment.spec.pod_template.spec.restart_policy = "Always";
  }
  AddDocument({.body = std::move(deployment)});
}

void Generator::AddService(const ObjectMeta& metadata, const PodSpec& spec) {
  Value ports = Value::List();
  for (const Container& container : spec.containers) {
    for (const ContainerPort& port : container.ports) {
      Value entry = Value::Map();
      entry.Set("name", Value::String(PortName(port)));
      entry.Set("port", Value::Int(port.container_port));
      if (!port.protocol.empty() && port.protocol != "TCP") entry.Set("protocol", Value::String(port.protocol));
      entry.Set("targetPort", Value::Int(port.container_port));
      ports.items().push_back(std::move(entry));
    }
  }
  const std::string& name = metadata.name;
  if (ports.items().empty() || metadata.labels.empty()) {
    result_.warnings.push_back(fmt::format("\"{}\": no Service, as the pod has no {}", name,
                                           ports.items().empty() ? "ports" : "labels to select it by"));
    return;
  }
  Value service = Value::Map();
  service.Set("apiVersion", Value::String("v1"));
  service.Set("kind", Value::String("Service"));
  Value service_metadata = Value::Map();
  service_metadata.Set("name", Value::String(name));
  if (!metadata.kube_namespace.empty()) service_metadata.Set("namespace", Value::String(metadata.kube_namespace));
  service.Set("metadata", std::move(service_metadata));
  Value selector = Value::Map();
  for (const auto& [key, value] : metadata.labels) selector.Set(key, Value::String(value));
  Value service_spec = Value::Map();
  service_spec.Set("type", Value::String("NodePort"));
  service_spec.Set("selector", std::move(selector));
  service_spec.Set("ports", std::move(ports));
  service.Set("spec", std::move(service_spec));
  result_.documents.push_back(std::move(service));
}

common::Result<> Generator::AddReferences(const PodSpec& spec, const std::string& kube_namespace) {
  for (const ObjectKey& key : ReferencesOf(spec, kube_namespace)) {
    if (!written_.insert(key).second) continue;
    if (key.kind == Secret::kKind) {
      result_.warnings.push_back(fmt::format("Secret \"{}\" is not written, to keep its contents out of the output", key.name));
      continue;
    }
    auto object = LoadObject(backend_, options_.read_object, key);
    if (!object && object.error().code() != ErrorCode::kNotFound) return std::move(object).error();
    if (!object) continue;  // optional, or a volume without a claim of its own
    DropServerFields(object->metadata());
    AddDocument(*object);
  }
  return {};
}

void Generator::AddClaim(const std::string& volume) {
  if (!written_.insert({PersistentVolumeClaim::kKind, "default", volume}).second) return;
  PersistentVolumeClaim claim;
  claim.metadata.name = volume;
  claim.spec.access_modes = {"ReadWriteOnce"};
  claim.spec.resources.requests["storage"] = Quantity::FromBytes(int64_t{1} << 30);
  AddDocument({.body = std::move(claim)});
}

}  // namespace

common::Result<Generated> Generate(const std::vector<std::string>& names, const GenerateOptions& options,
                                   PodBackend& backend) {
  Generator generator(options, backend);
  for (const std::string& name : names) TRY(generator.Add(name));
  return generator.Take();
}

}  // namespace skiff::kube

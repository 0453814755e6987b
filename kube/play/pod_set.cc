#include "kube/play/pod_set.h"

#include <algorithm>

#include "common/ids.h"
#include "kube/play/object_key.h"
#include "kube/play/publish.h"
#include "kube/translate/translate.h"
#include "pod/state/spec_json.h"

namespace skiff::kube {
namespace {

// 64-bit FNV-1a: it tells versions of one pod apart, it keeps nobody out.
std::string Hash(std::string_view text) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return fmt::format("{:016x}", hash);
}

// hostNetwork of the manifest wins.
void SetNetwork(const std::optional<pod::NetworkSpec>& wanted, pod::NetworkSpec& network) {
  if (wanted && network.mode != pod::NetworkSpec::Mode::kHost) network = *wanted;
}

}  // namespace

PodSet::PodSet(const Object& object) : object_(object), key_(KeyOf(object)) {
  if (const auto* deployment = object.As<Deployment>()) {
    const PodTemplateSpec& pod_template = deployment->spec.pod_template;
    is_deployment_ = true;
    spec_ = &pod_template.spec;
    labels_ = pod_template.metadata.labels;
    annotations_ = pod_template.metadata.annotations;
    template_hash_ = PodTemplateHash(pod_template);
    labels_[kTemplateHashLabel] = template_hash_;
    replicas_ = static_cast<size_t>(std::max(0, deployment->spec.replicas.value_or(1)));
  } else {
    const auto& single = *object.As<Pod>();
    spec_ = &single.spec;
    labels_ = single.metadata.labels;
    annotations_ = single.metadata.annotations;
  }
}

pod::PodSpec PodSet::Translate(const std::string& name, const std::string& uid, size_t index,
                               const PodSettings& settings, Problems& problems) const {
  const PodIdentity identity{name, key_.kube_namespace, uid, labels_, annotations_};
  pod::PodSpec pod = TranslatePod({*spec_, identity, spec_path(), settings.node, settings.config, problems});
  SetNetwork(network_ ? network_ : settings.network, pod.network);
  for (const pod::PortMapping& port : published_) PublishPort(pod, port);
  // The host's own network maps nothing, and it is where the ports are to be; in others they are lost.
  const bool lost = pod.network.mode != pod::NetworkSpec::Mode::kBridge && pod.network.mode != pod::NetworkSpec::Mode::kHost;
  if (lost && HasHostPorts(pod))
    problems.Warning(spec_path(), fmt::format("port mappings have been discarded: network mode \"{}\" leaves nothing to publish",
                                              pod::EnumName(pod.network.mode)));
  if (index > 0 || pod.network.mode != pod::NetworkSpec::Mode::kBridge) DropHostPorts(pod);
  if (is_deployment_) pod.owner = key_.ToString();
  return pod;
}

void PodSet::Resolve(const PodSettings& settings, Problems& problems) {
  // A name and uid that no pod has, so that the revision is that of every pod of the set.
  pod::PodSpec pod = Translate(key_.name, "", 0, settings, problems);
  first_revision_ = Hash(pod::EncodePodSpec(pod));
  if (replicas_ > 1 && HasHostPorts(pod))
    problems.Warning(is_deployment_ ? "spec.replicas" : spec_path(),
                     "a host port can be held by one pod of this machine; the first replica holds it, the others run "
                     "without it");
  DropHostPorts(pod);
  other_revision_ = Hash(pod::EncodePodSpec(pod));
}

pod::PodSpec PodSet::NewPod(size_t index, const PodSettings& settings) const {
  Problems known(object_);  // Resolve has reported them
  const std::string name = is_deployment_ ? ReplicaName(key_.name, template_hash_) : key_.name;
  pod::PodSpec pod = Translate(name, common::NewUuid(), index, settings, known);
  pod.revision = Revision(index);
  return pod;
}

}  // namespace skiff::kube

// Pod and container specs as JSON: how the state store keeps them and `inspect` shows them. EncodeJson and DecodeJson of
// common/json_fields.h work on every struct of pod/spec.h after including this file; who needs only a whole pod or
// container calls the functions at the end instead, which saves the template work.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "common/base64.h"
#include "common/json_fields.h"
#include "pod/spec.h"

namespace skiff::pod {

template <typename V>
void VisitFields(V& v, EnvVar& e) {
  v("name", e.name);
  v("value", e.value);
  v("source", e.source);
  v("expand", e.expand);
}

template <typename V>
void VisitFields(V& v, PortMapping& p) {
  v("name", p.name);
  v("hostIP", p.host_ip);
  v("hostPort", p.host_port);
  v("containerPort", p.container_port);
  v("protocol", p.protocol);
}

template <typename V>
void VisitFields(V& v, EmptyDirVolume& e) {
  v("memory", e.memory);
  v("sizeLimit", e.size_limit);
}

template <typename V>
void VisitFields(V& v, HostPathVolume& h) {
  v("path", h.path);
  v("type", h.type);
}

// JSON strings cannot carry arbitrary bytes, so contents are base64.
template <typename V>
void VisitFields(V& v, FilesVolume::File& f) {
  v("path", f.path);
  v("mode", f.mode);
  std::string encoded = common::EncodeBase64(f.content);
  v("content", encoded);
  if constexpr (std::is_same_v<V, common::FieldReader>) {
    if (auto decoded = common::DecodeBase64(encoded)) {
      f.content = std::move(*decoded);
    } else {
      v.Reject("content", "base64");
    }
  }
}

template <typename V>
void VisitFields(V& v, FilesVolume& f) {
  v("files", f.files);
  v("memory", f.memory);
}

template <typename V>
void VisitFields(V& v, NamedVolume& n) {
  v("name", n.name);
  v("readOnly", n.read_only);
}

template <typename V>
void VisitFields(V& v, Volume& s) {
  v("name", s.name);
  v("emptyDir", s.empty_dir);
  v("hostPath", s.host_path);
  v("files", s.files);
  v("named", s.named);
}

template <typename V>
void VisitFields(V& v, VolumeMount& m) {
  v("volume", m.volume);
  v("path", m.path);
  v("readOnly", m.read_only);
  v("recursiveReadOnly", m.recursive_read_only);
  v("subPath", m.sub_path);
  v("propagation", m.propagation);
  v("copyImageContent", m.copy_image_content);
  v("options", m.options);
}

template <typename V>
void VisitFields(V& v, TmpfsMount& t) {
  v("path", t.path);
  v("options", t.options);
}

template <typename V>
void VisitFields(V& v, Resources& r) {
  v("cpuShares", r.cpu_shares);
  v("cpuQuota", r.cpu_quota);
  v("cpuPeriod", r.cpu_period);
  v("cpusetCpus", r.cpuset_cpus);
  v("memoryLimit", r.memory_limit);
  v("memoryReservation", r.memory_reservation);
  v("memorySwap", r.memory_swap);
  v("pidsLimit", r.pids_limit);
  v("oomKillGroup", r.oom_kill_group);
}

template <typename V>
void VisitFields(V& v, SeccompProfile& s) {
  v("type", s.type);
  v("path", s.path);
}

template <typename V>
void VisitFields(V& v, SecurityContext& s) {
  v("runAsUser", s.run_as_user);
  v("runAsGroup", s.run_as_group);
  v("user", s.user);
  v("runAsNonRoot", s.run_as_non_root);
  v("supplementalGroups", s.supplemental_groups);
  v("supplementalGroupsStrict", s.supplemental_groups_strict);
  v("capabilitiesAdd", s.capabilities_add);
  v("capabilitiesDrop", s.capabilities_drop);
  v("privileged", s.privileged);
  v("readOnlyRoot", s.read_only_root);
  v("noNewPrivileges", s.no_new_privileges);
  v("unmaskedProc", s.unmasked_proc);
  v("seccomp", s.seccomp);
  v("selinuxLabel", s.selinux_label);
  v("apparmorProfile", s.apparmor_profile);
}

template <typename V>
void VisitFields(V& v, ContainerSpec& c) {
  v("name", c.name);
  v("image", c.image);
  v("pullPolicy", c.pull_policy);
  v("command", c.command);
  v("args", c.args);
  v("expandArgs", c.expand_args);
  v("env", c.env);
  v("workingDir", c.working_dir);
  v("ports", c.ports);
  v("mounts", c.mounts);
  v("tmpfs", c.tmpfs);
  v("devices", c.devices);
  v("ulimits", c.ulimits);
  v("resources", c.resources);
  v("security", c.security);
  v("oomScoreAdj", c.oom_score_adj);
  v("tty", c.tty);
  v("stdin", c.stdin);
  v("stdinOnce", c.stdin_once);
  v("init", c.init);
  v("sidecar", c.sidecar);
  v("initProcess", c.init_process);
  v("autoRemove", c.auto_remove);
  v("restartPolicy", c.restart_policy);
  v("maxRetries", c.max_retries);
  v("restartRules", c.restart_rules);
  v("stopSignal", c.stop_signal);
  v("stopTimeoutS", c.stop_timeout_s);
  v("terminationMessagePath", c.termination_message_path);
  v("terminationMessageFromLog", c.termination_message_from_log);
  v("startupProbe", c.startup_probe);
  v("livenessProbe", c.liveness_probe);
  v("readinessProbe", c.readiness_probe);
  v("postStart", c.post_start);
  v("preStop", c.pre_stop);
  v("health", c.health);
  v("labels", c.labels);
  v("annotations", c.annotations);
  v("logDriver", c.log_driver);
}

template <typename V>
void VisitFields(V& v, HostAlias& h) {
  v("ip", h.ip);
  v("hostnames", h.hostnames);
}

template <typename V>
void VisitFields(V& v, DnsConfig& d) {
  v("policy", d.policy);
  v("nameservers", d.nameservers);
  v("searches", d.searches);
  v("options", d.options);
}

template <typename V>
void VisitFields(V& v, NetworkAttachment& a) {
  v("name", a.name);
  v("staticIPs", a.static_ips);
  v("staticMAC", a.static_mac);
  v("interface", a.interface);
  v("aliases", a.aliases);
}

template <typename V>
void VisitFields(V& v, NetworkSpec& n) {
  v("mode", n.mode);
  v("networks", n.networks);
  v("leftAll", n.left_all);
  v("target", n.target);
}

template <typename V>
void VisitFields(V& v, PodSpec& p) {
  v("name", p.name);
  v("namespace", p.kube_namespace);
  v("uid", p.uid);
  v("labels", p.labels);
  v("annotations", p.annotations);
  v("hostname", p.hostname);
  v("hostnameLabel", p.hostname_label);
  v("subdomain", p.subdomain);
  v("readinessGates", p.readiness_gates);
  v("serviceLinks", p.service_links);
  v("initContainers", p.init_containers);
  v("containers", p.containers);
  v("volumes", p.volumes);
  v("restartPolicy", p.restart_policy);
  v("terminationGraceS", p.termination_grace_s);
  v("activeDeadlineS", p.active_deadline_s);
  v("network", p.network);
  v("hostPID", p.host_pid);
  v("hostIPC", p.host_ipc);
  v("sharePID", p.share_pid);
  v("shmSize", p.shm_size);
  v("dns", p.dns);
  v("hostAliases", p.host_aliases);
  v("manageHosts", p.manage_hosts);
  v("manageResolvConf", p.manage_resolv_conf);
  v("sysctls", p.sysctls);
  v("fsGroup", p.fs_group);
  v("fsGroupOnRootMismatch", p.fs_group_on_root_mismatch);
  v("resources", p.resources);
  v("ports", p.ports);
  v("owner", p.owner);
  v("revision", p.revision);
  v("fromKube", p.from_kube);
  v("implicit", p.implicit);
  v("exitWhenContainersExit", p.exit_when_containers_exit);
}

std::string EncodePodSpec(const PodSpec& spec);
std::string EncodeContainerSpec(const ContainerSpec& spec);
// `what` names the text in the error (kInvalid).
common::Result<PodSpec> DecodePodSpec(std::string_view text, std::string_view what);
common::Result<ContainerSpec> DecodeContainerSpec(std::string_view text, std::string_view what);

}  // namespace skiff::pod

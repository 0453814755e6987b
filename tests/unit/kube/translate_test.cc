#include "kube/translate/translate.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "kube/translate/host_paths.h"
#include "objects.h"

namespace skiff::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class TranslateTest : public testing::Test {
 protected:
  pod::PodSpec Translate() {
    config_.Add(config_objects_);
    const PodIdentity identity{"web", "default", "uid-1", {{"app", "web"}, {"tier", "a\"b"}}, {{"note", "n"}}};
    return TranslatePod({Spec(), identity, "spec", node_, config_, problems_});
  }
  PodSpec& Spec() { return object_.As<Pod>()->spec; }
  Container& Main() { return FirstContainer(object_); }
  void AddField(const std::string& name, const std::string& path) {
    EnvVar variable{.name = name};
    variable.value_from.emplace().field_ref = ObjectFieldSelector{.field_path = path};
    Main().env.push_back(variable);
  }
  std::vector<std::string> Errors() const {
    std::vector<std::string> messages;
    for (const auto& error : problems_.errors()) messages.push_back(error.message());
    return messages;
  }

  Object object_ = MakePod("web");
  std::vector<Object> config_objects_ = {MakeConfigMap("c", {{"a", "1"}, {"b", "2"}}), MakeSecret("s", {{"password", "x"}})};
  NodeInfo node_{"node", 4000, 8LL << 30, 100LL << 30};
  ConfigSource config_;
  Problems problems_{object_};
};

TEST_F(TranslateTest, Environment) {
  Main().env_from = {{.prefix = "P_", .config_map_ref = EnvFromReference{"c"}},
                     {.secret_ref = EnvFromReference{"s"}},
                     {.config_map_ref = EnvFromReference{"absent", true}}};
  Main().env.push_back({.name = "A", .value = "$(P_a)"});
  EnvVar optional{.name = "GONE"};
  optional.value_from.emplace().config_map_key_ref = KeySelector{"c", "missing", true};
  Main().env.push_back(optional);
  AddField("NAME", "metadata.name");
  AddField("LABEL", "metadata.labels['tier']");
  AddField("NONE", "metadata.annotations['none']");
  AddField("NODE", "spec.nodeName");
  AddField("ACCOUNT", "spec.serviceAccountName");
  AddField("IP", "status.podIP");
  const pod::PodSpec pod = Translate();
  EXPECT_THAT(Errors(), IsEmpty());
  std::vector<std::string> env;
  for (const auto& variable : pod.containers[0].env) env.push_back(variable.name + "=" + variable.value);
  EXPECT_THAT(env, ElementsAre("P_a=1", "P_b=2", "password=x", "A=$(P_a)", "NAME=web", "LABEL=a\"b", "NONE=", "NODE=node",
                               "ACCOUNT=default", "IP="));
  EXPECT_TRUE(pod.containers[0].env[3].expand);
  EXPECT_FALSE(pod.containers[0].env[2].expand) << "values from elsewhere are never expanded";
  EXPECT_EQ(pod.containers[0].env.back().source, pod::EnvVar::Source::kPodIp);
  EXPECT_TRUE(pod.containers[0].expand_args);
}

TEST_F(TranslateTest, ResourceFields) {
  Main().resources.limits["cpu"] = *Quantity::Parse("250m");
  const auto add = [&](const char* resource, const char* divisor) {
    EnvVar variable{.name = resource};
    variable.value_from.emplace().resource_field_ref =
        ResourceFieldSelector{.resource = resource, .divisor = *Quantity::Parse(divisor)};
    Main().env.push_back(variable);
  };
  add("limits.cpu", "1m");
  add("limits.cpu", "1");
  add("limits.memory", "1Gi");
  add("requests.memory", "1");
  const pod::PodSpec pod = Translate();
  EXPECT_EQ(pod.containers[0].env[0].value, "250");
  EXPECT_EQ(pod.containers[0].env[1].value, "1") << "rounded up";
  EXPECT_EQ(pod.containers[0].env[2].value, "8") << "what the node has";
  EXPECT_EQ(pod.containers[0].env[3].value, "0");
}

TEST_F(TranslateTest, ErrorsNameTheFieldAndTheObject) {
  EnvVar key{.name = "K"};
  key.value_from.emplace().secret_key_ref = KeySelector{"s", "missing"};
  Main().env.push_back(key);
  AddField("BAD", "status.phase");
  Main().env_from.push_back({.secret_ref = EnvFromReference{"gone"}});
  Volume volume{.name = "v"};
  volume.config_map = ConfigMapVolumeSource{.name = "c", .items = {{"nokey", "f"}}};
  Spec().volumes.push_back(volume);
  Translate();
  EXPECT_THAT(Errors(),
              ElementsAre(HasSubstr("spec.containers[0].envFrom[0].secretRef: Secret \"gone\" not found in namespace \"default\""),
                          HasSubstr("spec.containers[0].env[0].valueFrom.secretKeyRef: couldn't find key missing in Secret default/s"),
                          HasSubstr("spec.containers[0].env[1].valueFrom.fieldRef.fieldPath: field label not supported: \"status.phase\""),
                          HasSubstr("spec.volumes[0].configMap.items[0].key: ConfigMap \"c\" has no key \"nokey\"")));
  EXPECT_EQ(DidYouMeanKey("keyOne", {{"keyone", ""}, {"other", ""}}), ", did you mean \"keyone\"?");
  EXPECT_EQ(DidYouMeanKey("x", {}), "");
}

TEST_F(TranslateTest, FileVolumes) {
  Volume all{.name = "all"};
  all.config_map = ConfigMapVolumeSource{.name = "c", .default_mode = 0644};
  Volume some{.name = "some"};
  some.secret = SecretVolumeSource{.secret_name = "s", .items = {{"password", "deep/p", 0600}}, .default_mode = 0400};
  Volume none{.name = "none"};
  none.config_map = ConfigMapVolumeSource{.name = "absent", .optional = true};
  Volume mixed{.name = "mixed"};
  VolumeProjection from_map;
  from_map.config_map = ObjectProjection{.name = "c", .items = {{"a", "labels"}}};
  VolumeProjection from_pod;
  from_pod.downward_api = DownwardApiProjection{{{.path = "labels", .field_ref = ObjectFieldSelector{"", "metadata.labels"}}}};
  mixed.projected = ProjectedVolumeSource{.sources = {from_map, from_pod}, .default_mode = 0440};
  Spec().volumes = {all, some, none, mixed};
  Main().volume_mounts = {{.name = "all", .mount_path = "/all"}};
  const pod::PodSpec pod = Translate();
  EXPECT_THAT(Errors(), IsEmpty());
  ASSERT_THAT(pod.volumes[0].files->files, SizeIs(2));
  EXPECT_FALSE(pod.volumes[0].files->memory);
  EXPECT_EQ(pod.volumes[0].files->files[1].content, "2");
  EXPECT_TRUE(pod.volumes[1].files->memory);
  EXPECT_EQ(pod.volumes[1].files->files[0].path, "deep/p");
  EXPECT_EQ(pod.volumes[1].files->files[0].mode, 0600u);
  EXPECT_THAT(pod.volumes[2].files->files, IsEmpty());
  ASSERT_THAT(pod.volumes[3].files->files, SizeIs(1)) << "the later source wins";
  EXPECT_EQ(pod.volumes[3].files->files[0].content, "app=\"web\"\ntier=\"a\\\"b\"");
  EXPECT_EQ(pod.volumes[3].files->files[0].mode, 0440u);
  EXPECT_TRUE(pod.containers[0].mounts[0].read_only) << "whatever readOnly says";
}

TEST_F(TranslateTest, OtherVolumes) {
  Volume memory{.name = "m"};
  memory.empty_dir = EmptyDirVolumeSource{"Memory", *Quantity::Parse("1Gi")};
  Volume claim{.name = "c"};
  claim.persistent_volume_claim = PersistentVolumeClaimVolumeSource{"store", true};
  Volume nothing{.name = "n"};
  Volume remote{.name = "r"};
  remote.remote = RemoteVolumeSource{.kind = "nfs"};
  Spec().volumes = {memory, claim, nothing, remote};
  Main().resources.limits["memory"] = *Quantity::Parse("64Mi");
  Main().volume_mounts = {{.name = "c", .mount_path = "/c", .mount_propagation = "HostToContainer"}};
  const pod::PodSpec pod = Translate();
  EXPECT_TRUE(pod.volumes[0].empty_dir->memory);
  EXPECT_EQ(pod.volumes[0].empty_dir->size_limit, 64u << 20) << "no more than the pod may use";
  EXPECT_EQ(pod.volumes[1].named->name, "store");
  EXPECT_TRUE(pod.volumes[2].empty_dir.has_value());
  EXPECT_TRUE(pod.containers[0].mounts[0].read_only);
  EXPECT_EQ(pod.containers[0].mounts[0].propagation, pod::Propagation::kHostToContainer);
  EXPECT_THAT(Errors(), ElementsAre(HasSubstr("spec.volumes[3]: this kind of volume is not supported")));
}

TEST_F(TranslateTest, SubPathExpressions) {
  Spec().volumes = {{.name = "v"}};
  AddField("NAME", "metadata.name");
  AddField("IP", "status.podIP");
  Main().env.push_back({.name = "DIR", .value = "d-$(NAME)"});
  Main().env.push_back({.name = "UP", .value = "../x"});
  for (const char* expression : {"logs/$(DIR)", "$(IP)", "$(NOPE)", "$(UP)"})
    Main().volume_mounts.push_back({.name = "v", .mount_path = "/v", .sub_path_expr = expression});
  const pod::PodSpec pod = Translate();
  EXPECT_EQ(pod.containers[0].mounts[0].sub_path, "logs/d-web");
  EXPECT_THAT(Errors(), ElementsAre(HasSubstr("volumeMounts[1].subPathExpr: variable \"IP\" of \"$(IP)\" is known only"),
                                    HasSubstr("variable \"NOPE\" of \"$(NOPE)\" is not set"),
                                    HasSubstr("not below the volume")));
}

TEST_F(TranslateTest, HostPathsAreRelativeToTheManifest) {
  Volume volume{.name = "v"};
  volume.host_path = HostPathVolumeSource{"./data", "Directory"};
  Spec().volumes = {volume};
  object_.position.file = "/srv/app/pod.yaml";
  MakeHostPathsAbsolute(object_);
  EXPECT_EQ(Spec().volumes[0].host_path->path, "/srv/app/data");
  Spec().volumes[0].host_path->path = "..";
  MakeHostPathsAbsolute(object_);
  EXPECT_EQ(Spec().volumes[0].host_path->path, "/srv");
  Spec().volumes[0].host_path->path = "x";
  object_.position.file = "-";
  MakeHostPathsAbsolute(object_);
  EXPECT_EQ(Spec().volumes[0].host_path->path, std::filesystem::current_path() / "x");
}

TEST_F(TranslateTest, SecurityOfTheContainerWinsOverThePods) {
  auto& pod_security = Spec().security_context.emplace();
  pod_security.run_as_user = 1;
  pod_security.run_as_group = 2;
  pod_security.run_as_non_root = true;
  pod_security.fs_group = 3;
  pod_security.supplemental_groups = {4};
  pod_security.seccomp_profile = SecurityProfile{"Unconfined"};
  auto& own = Main().security_context.emplace();
  own.run_as_user = 10;
  own.run_as_non_root = false;
  own.capabilities = Capabilities{{"CAP_NET_ADMIN", "sys_time"}, {"ALL"}};
  own.allow_privilege_escalation = false;
  own.read_only_root_filesystem = true;
  own.seccomp_profile = SecurityProfile{"Localhost", "p.json"};
  const pod::PodSpec pod = Translate();
  const pod::SecurityContext& out = pod.containers[0].security;
  EXPECT_EQ(out.run_as_user, 10);
  EXPECT_EQ(out.run_as_group, 2);
  EXPECT_FALSE(out.run_as_non_root);
  EXPECT_THAT(out.supplemental_groups, ElementsAre(4, 3));
  EXPECT_THAT(out.capabilities_add, ElementsAre("NET_ADMIN", "SYS_TIME"));
  EXPECT_THAT(out.capabilities_drop, ElementsAre("ALL"));
  EXPECT_TRUE(out.no_new_privileges);
  EXPECT_TRUE(out.read_only_root);
  EXPECT_EQ(out.seccomp.path, "/var/lib/kubelet/seccomp/p.json");
  EXPECT_EQ(pod.fs_group, 3);
}

TEST_F(TranslateTest, OnlySafeSysctls) {
  auto& sysctls = Spec().security_context.emplace().sysctls;
  sysctls = {{"net/ipv4/ip_unprivileged_port_start", "99"}, {"kernel.msgmax", "1"}};
  const pod::PodSpec pod = Translate();
  EXPECT_EQ(pod.sysctls.at("net.ipv4.ip_unprivileged_port_start"), "99");
  EXPECT_THAT(Errors(), ElementsAre(HasSubstr("spec.securityContext.sysctls[1].name: sysctl \"kernel.msgmax\" is not one of")));
  Spec().host_network = true;
  sysctls.pop_back();
  Translate();
  EXPECT_THAT(Errors().back(), HasSubstr("not allowed when hostNetwork is true"));
}

TEST_F(TranslateTest, NamesAndNetwork) {
  Spec().dns_policy = "ClusterFirst";
  Spec().dns_config = PodDnsConfig{{"192.0.2.1"}, {"a.test"}, {{"ndots", "3"}, {"edns0"}}};
  Spec().host_aliases = {{"10.1.1.1", {"x", "y"}}};
  Main().ports.push_back({.host_port = 80, .container_port = 80, .protocol = "UDP"});
  Spec().init_containers.push_back(Main());
  pod::PodSpec pod = Translate();
  EXPECT_EQ(pod.hostname, "web");
  EXPECT_EQ(pod.dns.policy, pod::DnsConfig::Policy::kClusterFirst);
  EXPECT_THAT(pod.dns.options, ElementsAre("ndots:3", "edns0"));
  EXPECT_THAT(pod.host_aliases[0].hostnames, ElementsAre("x", "y"));
  EXPECT_EQ(pod.containers[0].ports[0].host_port, 80);
  EXPECT_EQ(pod.containers[0].ports[0].protocol, pod::Protocol::kUdp);
  EXPECT_EQ(pod.init_containers[0].ports[0].host_port, 0) << "init containers publish nothing";
  EXPECT_TRUE(pod.init_containers[0].init);
  Spec().host_network = true;
  Spec().hostname = "box";
  pod = Translate();
  EXPECT_EQ(pod.hostname, "node");
  EXPECT_EQ(pod.containers[0].ports[0].host_port, 0) << "there is nothing to map";
  EXPECT_EQ(pod.network.mode, pod::NetworkSpec::Mode::kHost);
}

TEST_F(TranslateTest, LongHostnamesAreCut) {
  Spec().hostname = std::string(62, 'a') + "-tail";
  EXPECT_EQ(Translate().hostname, std::string(62, 'a'));
}

}  // namespace
}  // namespace skiff::kube

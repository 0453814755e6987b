#include "kube/generate/generate.h"

#include <gmock/gmock.h>

#include "fake_backend.h"
#include "kube/generate/pod_from_spec.h"
#include "kube/model/encode.h"
#include "kube/play/play.h"
#include "objects.h"

namespace skiff::kube {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class GenerateTest : public testing::Test {
 protected:
  // One container of `run -e ... -v ... -p ...` in a pod of its own.
  pod::PodInfo& AddRun(bool implicit) {
    pod::ContainerSpec container;
    container.name = "web";
    container.image = "localhost/app:1";
    container.args = {"echo", "$(X) $$"};
    container.env = {{.name = "FROM_IMAGE", .value = "yes"}, {.name = "X", .value = "a$(b)"}};
    container.working_dir = "/srv";
    container.mounts = {{.volume = "h", .path = "/host-etc", .read_only = true}, {.volume = "n", .path = "/data"}};
    container.tmpfs = {{"/run", {"size=64m"}}};
    container.resources.memory_limit = 64 << 20;
    container.resources.cpu_quota = 50000;
    container.security.user = "1000:100";
    container.security.capabilities_add = {"NET_ADMIN"};
    container.restart_policy = pod::RestartPolicy::kNever;
    container.ports = {{.host_port = 8086, .container_port = 80}};
    container.devices = {"/dev/fuse"};
    pod::PodInfo info;
    info.id = "0123456789abcdef";
    info.name = implicit ? "hidden" : "made";
    info.spec.name = info.name;
    info.spec.implicit = implicit;
    info.spec.hostname = "0123456789ab";
    info.spec.volumes = {{.name = "h", .host_path = pod::HostPathVolume{"/etc", ""}},
                         {.name = "n", .named = pod::NamedVolume{"vol"}}};
    info.spec.containers = {container};
    pod::ContainerInfo made;
    made.id = "c1";
    made.name = "web";
    made.spec = container;
    info.containers = {made};
    return engine_.pods.emplace_back(info);
  }
  std::string Text(const Generated& generated) {
    std::string text;
    for (const Value& document : generated.documents) text += document.ToJson() + "\n";
    return text;
  }

  FakeEngine engine_;
  FakeBackend backend_{engine_};
  GenerateOptions options_;
};

TEST_F(GenerateTest, APodOfRunAndPodCreate) {
  AddRun(false);
  const auto generated = Generate({"made"}, options_, backend_);
  ASSERT_TRUE(generated) << generated.error().message();
  ASSERT_THAT(generated->documents, SizeIs(2));
  EXPECT_THAT(generated->documents[0].ToJson(), HasSubstr(R"("kind":"PersistentVolumeClaim")"));
  const std::string pod = generated->documents[1].ToJson();
  EXPECT_THAT(pod, HasSubstr(R"("args":["echo","$$(X) $$$"])"));
  EXPECT_THAT(pod, HasSubstr(R"x("env":[{"name":"X","value":"a$$(b)"}])x")) << "the image's own are left out";
  EXPECT_THAT(pod, HasSubstr(R"("hostPath":{"path":"/etc"})"));
  EXPECT_THAT(pod, HasSubstr(R"("name":"etc-host-0")"));
  EXPECT_THAT(pod, HasSubstr(R"("claimName":"vol")"));
  EXPECT_THAT(pod, HasSubstr(R"("sizeLimit":"64Mi")"));
  EXPECT_THAT(pod, HasSubstr(R"("cpu":"500m")"));
  EXPECT_THAT(pod, HasSubstr(R"("memory":"64Mi")"));
  EXPECT_THAT(pod, HasSubstr(R"("runAsUser":1000)"));
  EXPECT_THAT(pod, HasSubstr(R"("runAsGroup":100)"));
  EXPECT_THAT(pod, HasSubstr(R"("restartPolicy":"Never")"));
  EXPECT_THAT(pod, HasSubstr(R"("hostPort":8086)"));
  EXPECT_THAT(pod, Not(HasSubstr("workingDir"))) << "the image says the same";
  EXPECT_THAT(pod, Not(HasSubstr("hostname")));
  ASSERT_THAT(generated->warnings, SizeIs(1));
  EXPECT_THAT(generated->warnings[0], HasSubstr("--device"));
}

TEST_F(GenerateTest, AContainerAloneAndOneInAPod) {
  AddRun(true);
  const auto alone = Generate({"web"}, options_, backend_);
  ASSERT_TRUE(alone) << alone.error().message();
  EXPECT_THAT(Text(*alone), HasSubstr(R"("name":"web-pod")"));
  engine_.pods.clear();
  AddRun(false);
  const auto member = Generate({"web"}, options_, backend_);
  ASSERT_FALSE(member);
  EXPECT_THAT(member.error().message(), HasSubstr("part of pod \"made\""));
  const auto absent = Generate({"absent"}, options_, backend_);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code(), common::ErrorCode::kNotFound);
}

TEST_F(GenerateTest, WhatWasPlayedComesBackAsItWas) {
  const std::vector<Object> objects = {MakePod("a"), MakeDeployment("d", 2)};
  ASSERT_THAT(Play(objects, {.node = NodeInfo{}}, FakeFactory(engine_)).errors, IsEmpty());
  options_.read_object = [&](const std::string& json) -> common::Result<Object> {
    for (const Object& object : objects) {
      if (Encode(object).ToJson() == json) return object;
    }
    return common::Error(common::ErrorCode::kInvalid, json);
  };
  const auto pod = Generate({"a"}, options_, backend_);
  ASSERT_TRUE(pod) << pod.error().message();
  EXPECT_EQ(pod->documents[0], Encode(objects[0], {.omit_defaults = true}));
  const auto deployment = Generate({"d"}, options_, backend_);
  ASSERT_TRUE(deployment) << deployment.error().message();
  EXPECT_EQ(deployment->documents[0], Encode(objects[1], {.omit_defaults = true}));
  const std::string replica = engine_.pods[1].name;
  const auto one = Generate({replica}, options_, backend_);
  ASSERT_TRUE(one) << one.error().message();
  EXPECT_THAT(Text(*one), HasSubstr("\"kind\":\"Pod\""));
  EXPECT_THAT(Text(*one), HasSubstr(replica));
}

TEST_F(GenerateTest, BringsWhatThePodRefersToButNoSecrets) {
  Object pod = MakePod("a");
  FirstContainer(pod).env_from = {{.config_map_ref = EnvFromReference{"c"}}, {.secret_ref = EnvFromReference{"s"}}};
  Volume data{.name = "data"};
  data.persistent_volume_claim = PersistentVolumeClaimVolumeSource{"store"};
  pod.As<Pod>()->spec.volumes.push_back(data);
  const std::vector<Object> objects = {MakeConfigMap("c", {{"k", "v"}}), MakeSecret("s", {{"k", "hidden"}}), MakeClaim("store"), pod};
  ASSERT_THAT(Play(objects, {.node = NodeInfo{}}, FakeFactory(engine_)).errors, IsEmpty());
  options_.read_object = [&](const std::string& json) -> common::Result<Object> {
    for (const Object& object : objects) {
      if (Encode(object).ToJson() == json) return object;
    }
    return common::Error(common::ErrorCode::kInvalid, json);
  };
  const auto generated = Generate({"a", "a"}, options_, backend_);
  ASSERT_TRUE(generated) << generated.error().message();
  ASSERT_THAT(generated->documents, SizeIs(4)) << "what both refer to is written once";
  EXPECT_EQ(generated->documents[0], Encode(objects[0], {.omit_defaults = true}));
  EXPECT_EQ(generated->documents[1], Encode(objects[2], {.omit_defaults = true}));
  ASSERT_THAT(generated->warnings, SizeIs(1));
  EXPECT_THAT(generated->warnings[0], HasSubstr("Secret \"s\" is not written"));
}

TEST_F(GenerateTest, ServiceAndDeployment) {
  AddRun(false);
  options_ = {.service = true, .type = GenerateType::kDeployment, .replicas = 3};
  const auto generated = Generate({"made"}, options_, backend_);
  ASSERT_TRUE(generated) << generated.error().message();
  const std::string text = Text(*generated);
  EXPECT_THAT(text, HasSubstr(R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"made"},"spec":{"type":"NodePort",)"
                              R"("selector":{"app":"made"},"ports":[{"name":"80","port":80,"targetPort":80}]}})"));
  EXPECT_THAT(text, HasSubstr(R"("name":"made-deployment")"));
  EXPECT_THAT(text, HasSubstr(R"("replicas":3)"));
  EXPECT_THAT(text, Not(HasSubstr("Never")));
}

TEST(ToLabel, FitsKubernetes) {
  EXPECT_EQ(ToLabel("hungry_Euler"), "hungry-euler");
  EXPECT_EQ(ToLabel("/var/lib/x"), "var-lib-x");
  EXPECT_EQ(ToLabel("__"), "x");
  EXPECT_LE(ToLabel(std::string(100, 'a') + "-host-2").size(), 63u);
  EXPECT_THAT(ToLabel(std::string(100, 'a') + "-host-2"), testing::EndsWith("-host-2"));
}

TEST(EscapeExpansion, IsUndoneByExpansion) {
  EXPECT_EQ(EscapeExpansion("$(A) $$ $"), "$$(A) $$$ $");
  EXPECT_EQ(EscapeExpansion("$HOME"), "$HOME");
}

}  // namespace
}  // namespace skiff::kube

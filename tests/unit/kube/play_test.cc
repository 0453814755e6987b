#include "kube/play/play.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "fake_backend.h"
#include "objects.h"

namespace skiff::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class PlayTest : public testing::Test {
 protected:
  PlayReport PlayAll(const std::vector<Object>& objects) {
    engine_.calls.clear();
    return Play(objects, options_, FakeFactory(engine_));
  }
  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const auto& pod : engine_.pods) ids.push_back(pod.id);
    return ids;
  }

  FakeEngine engine_;
  PlayOptions options_{.workers = 4, .node = NodeInfo{"node", 4000, 8LL << 30, 100LL << 30}};
};

TEST_F(PlayTest, CreatesAndStartsEveryPod) {
  const PlayReport report = PlayAll({MakePod("a"), MakePod("b")});
  EXPECT_THAT(report.errors, IsEmpty());
  ASSERT_THAT(report.pods, SizeIs(2));
  EXPECT_EQ(report.pods[0].name, "a");
  EXPECT_EQ(report.pods[0].owner, "Pod/default/a");
  EXPECT_EQ(report.pods[0].change, Change::kCreated);
  EXPECT_TRUE(report.pods[0].started);
  EXPECT_THAT(report.pods[0].container_ids, ElementsAre(report.pods[0].id + "-main"));
  EXPECT_THAT(engine_.calls, UnorderedElementsAre("create a", "start a", "create b", "start b"));
  EXPECT_EQ(engine_.objects.at("Pod/default/a").uid, engine_.Named("a")->spec.uid);
}

TEST_F(PlayTest, PlayingAgainChangesNothing) {
  const std::vector<Object> objects = {MakeConfigMap("c", {{"k", "v"}}), MakePod("a"), MakeDeployment("d", 3)};
  PlayAll(objects);
  const auto ids = Ids();
  const int written = engine_.objects_written;
  const PlayReport report = PlayAll(objects);
  EXPECT_EQ(Ids(), ids);
  EXPECT_THAT(engine_.calls, IsEmpty());
  EXPECT_EQ(engine_.objects_written, written);
  ASSERT_THAT(report.objects, SizeIs(3));
  for (const ObjectResult& object : report.objects) EXPECT_EQ(object.change, Change::kUnchanged) << object.name;
  ASSERT_THAT(report.pods, SizeIs(4));
  for (const PodResult& pod : report.pods) {
    EXPECT_EQ(pod.change, Change::kUnchanged);
    EXPECT_FALSE(pod.started);
  }
}

TEST_F(PlayTest, TheNetworkOfAPodThatStaysIsRepaired) {
  const std::vector<Object> objects = {MakePod("a"), MakePod("b"), MakePod("c")};
  PlayAll(objects);
  engine_.damaged = {engine_.Named("b")->id, engine_.Named("c")->id};
  engine_.cannot_reload = {engine_.Named("c")->id};
  const PlayReport report = PlayAll(objects);
  EXPECT_THAT(engine_.damaged, ElementsAre(engine_.Named("c")->id));
  EXPECT_THAT(engine_.calls, IsEmpty());
  ASSERT_THAT(report.pods, SizeIs(3));
  EXPECT_FALSE(report.pods[0].repaired);
  EXPECT_TRUE(report.pods[1].repaired);
  EXPECT_EQ(report.pods[1].change, Change::kUnchanged);
  EXPECT_FALSE(report.pods[2].repaired);
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), testing::HasSubstr("the bridge's name is taken"));
}

TEST_F(PlayTest, AChangedPodIsReplacedAfterTheOldOneIsGone) {
  PlayAll({MakePod("a"), MakePod("b")});
  const std::string a = engine_.Named("a")->id;
  const std::string b = engine_.Named("b")->id;
  const PlayReport report = PlayAll({MakePod("a"), MakePod("b", "2000")});
  EXPECT_THAT(report.errors, IsEmpty());
  EXPECT_THAT(engine_.calls, ElementsAre("stop b", "remove b", "create b", "start b"));
  EXPECT_EQ(engine_.Named("a")->id, a);
  EXPECT_THAT(report.removed_pods, ElementsAre(b));
  EXPECT_EQ(report.objects[0].change, Change::kUnchanged);
  EXPECT_EQ(report.objects[1].change, Change::kReplaced);
}

TEST_F(PlayTest, ChangedConfigMapContentReplacesThePodsThatUseIt) {
  Object user = MakePod("user");
  FirstContainer(user).env_from.push_back({.config_map_ref = EnvFromReference{"c"}});
  PlayAll({MakeConfigMap("c", {{"k", "1"}}), user, MakePod("other")});
  const PlayReport report = PlayAll({MakeConfigMap("c", {{"k", "2"}}), user, MakePod("other")});
  EXPECT_THAT(engine_.calls, ElementsAre("stop user", "remove user", "create user", "start user"));
  EXPECT_EQ(report.objects[0].change, Change::kConfigured);
  EXPECT_EQ(engine_.Named("user")->spec.containers[0].env[0].value, "2");
}

TEST_F(PlayTest, ADeploymentHasItsReplicasAndScales) {
  PlayAll({MakeDeployment("web", 3)});
  ASSERT_THAT(engine_.pods, SizeIs(3));
  for (const auto& pod : engine_.pods) {
    EXPECT_THAT(pod.name, testing::MatchesRegex("web-[bcdfghjklmnpqrstvwxz2456789]+-[bcdfghjklmnpqrstvwxz2456789]{5}"));
    EXPECT_EQ(pod.spec.owner, "Deployment/default/web");
    EXPECT_EQ(pod.name.substr(0, pod.name.size() - 6), "web-" + pod.spec.labels.at("pod-template-hash"));
    EXPECT_EQ(pod.spec.hostname, pod.name);
  }
  const auto before = Ids();
  const PlayReport less = PlayAll({MakeDeployment("web", 1)});
  ASSERT_THAT(engine_.pods, SizeIs(1));
  EXPECT_THAT(before, testing::Contains(engine_.pods[0].id));
  EXPECT_EQ(less.objects[0].change, Change::kConfigured);
  EXPECT_THAT(less.removed_pods, SizeIs(2));
  PlayAll({MakeDeployment("web", 2, "2000")});
  ASSERT_THAT(engine_.pods, SizeIs(2));
  for (const auto& pod : engine_.pods) EXPECT_THAT(before, testing::Not(testing::Contains(pod.id)));
  PlayAll({MakeDeployment("web", 0, "2000")});
  EXPECT_THAT(engine_.pods, IsEmpty());
}

TEST_F(PlayTest, ScalingDownKeepsThoseThatRun) {
  PlayAll({MakeDeployment("web", 3)});
  const std::string running = engine_.pods[2].id;
  for (int i = 0; i < 2; ++i) engine_.pods[i].status.state = "exited";
  PlayAll({MakeDeployment("web", 1)});
  EXPECT_THAT(Ids(), ElementsAre(running));
}

TEST_F(PlayTest, ScalingDownKeepsThoseThatAreReady) {
  PlayAll({MakeDeployment("web", 3)});
  for (pod::PodInfo& pod : engine_.pods) {
    pod.status.initialized_at = "2026-01-02T03:04:05.000000000Z";
    pod.containers[0].status.ready = pod.id != engine_.pods.front().id;
  }
  engine_.pods[1].containers[0].status.restart_count = 2;
  const std::string best = engine_.pods[2].name, second = engine_.pods[1].name;
  PlayAll({MakeDeployment("web", 2)});
  EXPECT_NE(engine_.Named(second), nullptr) << "the one that is not ready goes first";
  PlayAll({MakeDeployment("web", 1)});
  ASSERT_EQ(engine_.pods.size(), 1u);
  EXPECT_EQ(engine_.pods.front().name, best) << "then the one that has restarted";
}

TEST_F(PlayTest, OnlyTheFirstReplicaHoldsTheHostPort) {
  Object deployment = MakeDeployment("web", 3);
  deployment.As<Deployment>()->spec.pod_template.spec.containers[0].ports.push_back(
      {.host_port = 8080, .container_port = 80});
  const PlayReport report = PlayAll({deployment});
  const auto holders = [&] {
    return std::count_if(engine_.pods.begin(), engine_.pods.end(),
                         [](const auto& pod) { return pod.spec.containers[0].ports[0].host_port == 8080; });
  };
  EXPECT_EQ(holders(), 1);
  ASSERT_THAT(report.warnings, SizeIs(1));
  EXPECT_THAT(report.warnings[0], HasSubstr("first replica"));
  const auto holder = std::find_if(engine_.pods.begin(), engine_.pods.end(),
                                   [](const auto& pod) { return pod.spec.containers[0].ports[0].host_port == 8080; });
  engine_.pods.erase(holder);  // `pod rm`
  PlayAll({deployment});
  EXPECT_THAT(engine_.pods, SizeIs(3));
  EXPECT_EQ(holders(), 1);
}

TEST_F(PlayTest, PodsThatShouldRunAreStartedAgain) {
  Object never = MakePod("never");
  never.As<Pod>()->spec.restart_policy = "Never";
  Object on_failure = MakePod("failed");
  on_failure.As<Pod>()->spec.restart_policy = "OnFailure";
  Object done = MakePod("done");
  done.As<Pod>()->spec.restart_policy = "OnFailure";
  const std::vector<Object> objects = {MakePod("always"), never, on_failure, done};
  PlayAll(objects);
  const auto ids = Ids();
  engine_.End("always", 0);
  engine_.End("never", 1);
  engine_.End("failed", 1);
  engine_.End("done", 0);
  const PlayReport report = PlayAll(objects);
  EXPECT_THAT(engine_.calls, UnorderedElementsAre("start always", "start failed"));
  EXPECT_EQ(Ids(), ids);
  EXPECT_EQ(report.pods[0].change, Change::kUnchanged);
  EXPECT_TRUE(report.pods[0].started);
}

TEST_F(PlayTest, AContainerThatWasStoppedByHandIsStartedAgain) {
  Object pod = MakePod("a");
  pod.As<Pod>()->spec.containers.push_back({.name = "second", .image = "localhost/busybox:latest"});
  PlayAll({pod});
  auto& status = engine_.pods[0].containers[1].status;
  status.state = "exited";
  status.final = false;
  PlayAll({pod});
  EXPECT_THAT(engine_.calls, IsEmpty()) << "in back-off: its supervisor starts it";
  status.final = true;
  PlayAll({pod});
  EXPECT_THAT(engine_.calls, ElementsAre("start a"));
}

TEST_F(PlayTest, WhatAKilledCallLeftIsMadeGood) {
  const std::vector<Object> objects = {MakePod("a"), MakeDeployment("d", 2)};
  PlayAll(objects);
  // Killed after creating one pod, before starting it and before writing any object.
  engine_.objects.clear();
  engine_.pods.erase(engine_.pods.begin() + 1, engine_.pods.end());
  engine_.pods[0].status.state = "created";
  const std::string a = engine_.pods[0].id;
  const PlayReport report = PlayAll(objects);
  EXPECT_THAT(report.errors, IsEmpty());
  EXPECT_EQ(engine_.Named("a")->id, a);
  EXPECT_THAT(engine_.pods, SizeIs(3));
  EXPECT_THAT(engine_.objects, SizeIs(2));
  for (const auto& pod : engine_.pods) EXPECT_EQ(pod.status.state, "running");
}

TEST_F(PlayTest, OneFailureLeavesNothingAndStopsNobody) {
  engine_.start_errors["bad"] = "start pod \"bad\": no such command /nope";
  const PlayReport report = PlayAll({MakePod("good"), MakePod("bad"), MakePod("fine")});
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("pod \"bad\": no such command /nope"));
  EXPECT_EQ(report.errors[0].code(), common::ErrorCode::kCommandNotFound);
  EXPECT_EQ(engine_.Named("bad"), nullptr);
  EXPECT_FALSE(engine_.objects.contains("Pod/default/bad"));
  EXPECT_EQ(engine_.Named("good")->status.state, "running");
  EXPECT_EQ(engine_.Named("fine")->status.state, "running");
  EXPECT_THAT(report.pods, SizeIs(2));
}

TEST_F(PlayTest, AMissingImageDoesNotCostTheOldPod) {
  PlayAll({MakePod("a"), MakePod("b")});
  const std::string old = engine_.Named("a")->id;
  Object changed = MakePod("a");
  FirstContainer(changed).image = "localhost/absent:1";
  engine_.missing_images.insert("localhost/absent:1");
  const PlayReport report = PlayAll({changed, MakePod("b", "2000")});
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("localhost/absent:1"));
  EXPECT_EQ(engine_.Named("a")->id, old);
  EXPECT_THAT(engine_.calls, ElementsAre("stop b", "remove b", "create b", "start b"));
}

TEST_F(PlayTest, WhatCannotStartDoesNotCostTheOldPod) {
  PlayAll({MakePod("a"), MakePod("b")});
  const std::string old = engine_.Named("a")->id;
  Object changed = MakePod("a", "2000");
  engine_.start_problems["a"] = {{pod::StartProblem::Part::kCommand, FirstContainer(changed).name, {},
                                  {common::ErrorCode::kCommandNotFound, "no /nope"}}};
  const PlayReport report = PlayAll({changed, MakePod("b", "2000")});
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("Pod \"a\": spec.containers[0]"));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("no /nope; what there was is left as it is"));
  EXPECT_EQ(engine_.Named("a")->id, old);
  EXPECT_EQ(engine_.Named("a")->status.state, "running");
  EXPECT_THAT(engine_.calls, ElementsAre("stop b", "remove b", "create b", "start b"));
}

TEST_F(PlayTest, AFailureThatCostTheOldPodSaysSo) {
  PlayAll({MakePod("a")});
  engine_.start_errors["a"] = "its cgroup is full";
  const PlayReport report = PlayAll({MakePod("a", "2000")});
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("its cgroup is full; the earlier pod has been removed"));
}

TEST_F(PlayTest, APodWithoutItsImageIsRecordedAndMadeWhenTheImageIsThere) {
  Object pod = MakePod("a");
  FirstContainer(pod).image = "localhost/absent:1";
  pod.As<Pod>()->spec.image_pull_secrets = {{"login"}};
  engine_.missing_images.insert("localhost/absent:1");
  PlayReport report = PlayAll({pod, MakePod("b")});
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("spec.containers[0].image: ErrImagePull: "));
  ASSERT_THAT(report.pods, SizeIs(2));
  EXPECT_EQ(report.pods[0].waiting, "ErrImagePull");
  ASSERT_THAT(report.waiting, SizeIs(1));  // whom a process in the background tries again for
  EXPECT_EQ(report.waiting[0].id, report.pods[0].id);
  ASSERT_THAT(report.waiting[0].waits, SizeIs(1));
  EXPECT_EQ(report.waiting[0].waits[0].wish.image, "localhost/absent:1");
  EXPECT_EQ(report.waiting[0].pull_secrets.kube_namespace, "default");
  EXPECT_THAT(report.waiting[0].pull_secrets.secrets, ElementsAre("login"));
  EXPECT_FALSE(report.pods[0].started);
  EXPECT_TRUE(report.pods[1].started);
  EXPECT_TRUE(engine_.objects.contains("Pod/default/a"));
  const std::string first = engine_.Named("a")->id;

  engine_.calls.clear();
  report = PlayAll({pod});
  EXPECT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(engine_.calls, ElementsAre("keep a"));
  EXPECT_EQ(engine_.Named("a")->id, first);

  engine_.calls.clear();
  engine_.missing_images.clear();
  report = PlayAll({pod});
  EXPECT_THAT(report.errors, IsEmpty());
  EXPECT_THAT(report.removed_pods, IsEmpty());
  EXPECT_THAT(engine_.calls, ElementsAre("stop a", "remove a", "create a", "start a"));
  EXPECT_EQ(report.pods[0].change, Change::kCreated);
}

TEST_F(PlayTest, ImagesAreAskedForOnceWithTheirPolicyAndSecrets) {
  Object secret = MakeSecret("login", {{".dockerconfigjson", "{\"auths\":{}}"}});
  secret.As<Secret>()->type = "kubernetes.io/dockerconfigjson";
  Object wrong = MakeSecret("wrong", {{"k", "v"}});
  wrong.As<Secret>()->type = "Opaque";
  Object a = MakePod("a");
  FirstContainer(a).image_pull_policy = "Always";
  a.As<Pod>()->spec.image_pull_secrets = {{"login"}, {"wrong"}, {"absent"}};
  Object b = MakePod("b");
  FirstContainer(b).image = "r.example/gone:1";
  FirstContainer(b).image_pull_policy = "Never";
  Object d = MakeDeployment("d", 3);
  std::vector<ImageWish> asked;
  options_.provide_images = [&](const std::vector<ImageWish>& wishes) {
    asked = wishes;
    std::vector<common::Result<>> results(wishes.size());
    for (size_t i = 0; i < wishes.size(); ++i)
      if (wishes[i].image == "r.example/gone:1") results[i] = common::MakeError(common::ErrorCode::kNotFound, "not there");
    return results;
  };
  const PlayReport report = PlayAll({secret, wrong, a, b, d});
  ASSERT_THAT(asked, SizeIs(3));
  EXPECT_EQ(asked[0], (ImageWish{"localhost/busybox:latest", "Always", {"{\"auths\":{}}"}}));
  EXPECT_EQ(asked[1], (ImageWish{"r.example/gone:1", "Never", {}}));
  EXPECT_THAT(asked[2].pull_secrets, IsEmpty());
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("spec.containers[0].image: ErrImageNeverPull: not there"));
  ASSERT_NE(engine_.Named("b"), nullptr);
  EXPECT_TRUE(engine_.Named("b")->WaitsForImage());
  EXPECT_EQ(engine_.pods.size(), 5u);
  ASSERT_THAT(report.warnings, SizeIs(2));
  EXPECT_THAT(report.warnings[0], HasSubstr("spec.imagePullSecrets[1]: Secret \"wrong\" holds no login"));
  EXPECT_THAT(report.warnings[1], HasSubstr("spec.imagePullSecrets[2]: Secret \"absent\" not found"));
}

TEST_F(PlayTest, WhatCannotBeResolvedIsFoundBeforeAnythingChanges) {
  Object pod = MakePod("a");
  EnvVar variable{.name = "X"};
  variable.value_from.emplace().config_map_key_ref = KeySelector{"gone", "k"};
  FirstContainer(pod).env.push_back(variable);
  Object other = MakePod("b");
  Volume data{.name = "data"};
  data.persistent_volume_claim = PersistentVolumeClaimVolumeSource{"nothere"};
  other.As<Pod>()->spec.volumes.push_back(data);
  const PlayReport report = PlayAll({MakeConfigMap("c", {}), pod, other});
  ASSERT_THAT(report.errors, SizeIs(2));
  EXPECT_THAT(report.errors[0].message(),
              HasSubstr("Pod \"a\": spec.containers[0].env[0].valueFrom.configMapKeyRef: ConfigMap \"gone\" not found"));
  EXPECT_THAT(report.errors[1].message(), HasSubstr("persistentvolumeclaim \"nothere\" not found"));
  EXPECT_THAT(engine_.calls, IsEmpty());
  EXPECT_EQ(engine_.objects_written, 0);
}

TEST_F(PlayTest, ClaimsBecomeVolumesAndKeepThem) {
  Object pod = MakePod("a");
  Volume data{.name = "data"};
  data.persistent_volume_claim = PersistentVolumeClaimVolumeSource{"store"};
  pod.As<Pod>()->spec.volumes.push_back(data);
  const PlayReport report = PlayAll({MakeClaim("store"), pod});
  EXPECT_THAT(report.errors, IsEmpty());
  EXPECT_THAT(report.volumes, ElementsAre("store"));
  EXPECT_EQ(engine_.Named("a")->spec.volumes[0].named->name, "store");
  engine_.objects.erase("PersistentVolumeClaim/default/store");
  EXPECT_THAT(PlayAll({pod}).errors, IsEmpty()) << "the volume is enough";
}

TEST_F(PlayTest, APodOfAnotherMakeIsOnlyReplacedOnRequest) {
  engine_.pods.push_back({.id = "foreign", .name = "a"});
  engine_.pods[0].spec.name = "a";
  const PlayReport refused = PlayAll({MakePod("a"), MakePod("b")});
  ASSERT_THAT(refused.errors, SizeIs(1));
  EXPECT_EQ(refused.errors[0].code(), common::ErrorCode::kExists);
  EXPECT_NE(engine_.Named("b"), nullptr);
  options_.replace = true;
  EXPECT_THAT(PlayAll({MakePod("a")}).errors, IsEmpty());
  EXPECT_EQ(engine_.Find("foreign"), nullptr);
}

TEST_F(PlayTest, ReplaceMakesNewPodsAndStartFalseNone) {
  options_.start = false;
  PlayAll({MakePod("a")});
  EXPECT_EQ(engine_.Named("a")->status.state, "created");
  const std::string before = engine_.Named("a")->id;
  options_ = {.replace = true, .workers = 1, .node = options_.node};
  const PlayReport report = PlayAll({MakePod("a")});
  EXPECT_NE(engine_.Named("a")->id, before);
  EXPECT_EQ(report.pods[0].change, Change::kReplaced);
}

TEST_F(PlayTest, AnOldPodThatStaysKeepsTheNewOneFromBeingMade) {
  PlayAll({MakePod("a")});
  engine_.unremovable.insert("a");
  const PlayReport report = PlayAll({MakePod("a", "2000")});
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("its mount is busy"));
  EXPECT_THAT(engine_.calls, ElementsAre("stop a"));
}

TEST_F(PlayTest, NamespacesKeepPodsApart) {
  Object left = MakePod("same");
  left.metadata().kube_namespace = "left";
  Object right = MakePod("same");
  right.metadata().kube_namespace = "right";
  EXPECT_THAT(PlayAll({left, right}).errors, IsEmpty());
  EXPECT_THAT(engine_.pods, SizeIs(2));
  EXPECT_THAT(PlayAll({left, right}).pods, SizeIs(2));
  EXPECT_THAT(engine_.calls, IsEmpty());
}

TEST_F(PlayTest, PublishGoesToThePodThatHasThePort) {
  Object web = MakePod("web");
  FirstContainer(web).ports.push_back({.container_port = 80});
  options_.publish = {"127.0.0.1:8080:80", "9000:90/udp"};
  EXPECT_THAT(PlayAll({MakePod("other"), web}).errors, IsEmpty());
  const pod::PortMapping port = engine_.Named("web")->spec.containers[0].ports[0];
  EXPECT_EQ(port.host_ip, "127.0.0.1");
  EXPECT_EQ(port.host_port, 8080);
  ASSERT_THAT(engine_.Named("other")->spec.ports, SizeIs(1));
  EXPECT_EQ(engine_.Named("other")->spec.ports[0].host_port, 9000);
  options_.publish = {"80:x"};
  EXPECT_THAT(PlayAll({web}).errors, SizeIs(1));
}

TEST_F(PlayTest, NetworksOfTheCommandLine) {
  options_.network = pod::NetworkSpec{.networks = {{.name = "blue"}}};
  PlayAll({MakePod("a")});
  ASSERT_EQ(engine_.Named("a")->spec.network.networks.size(), 1u);
  EXPECT_EQ(engine_.Named("a")->spec.network.networks.front().name, "blue");
  options_.network = pod::NetworkSpec{.mode = pod::NetworkSpec::Mode::kNone};
  PlayAll({MakePod("a")});
  EXPECT_EQ(engine_.Named("a")->spec.network.mode, pod::NetworkSpec::Mode::kNone);
}

TEST_F(PlayTest, ImmutableConfigMapsStayAsTheyAre) {
  Object first = MakeConfigMap("c", {{"k", "1"}});
  first.As<ConfigMap>()->immutable = true;
  PlayAll({first, MakePod("a")});
  const auto ids = Ids();
  Object second = first;
  second.As<ConfigMap>()->data["k"] = "2";
  Object changed = MakePod("a");
  changed.As<Pod>()->spec.containers[0].command = {"other"};
  const PlayReport report = PlayAll({second, changed});
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("immutable"));
  EXPECT_TRUE(report.refused);
  EXPECT_EQ(Ids(), ids);
  EXPECT_THAT(engine_.calls, IsEmpty());

  second = first;
  second.metadata().labels["say"] = "more";
  EXPECT_THAT(PlayAll({second}).errors, IsEmpty());
  second.As<ConfigMap>()->data["k"] = "2";
  options_.replace = true;
  EXPECT_THAT(PlayAll({second}).errors, IsEmpty());
}

TEST_F(PlayTest, FieldsThatKubernetesNeverChangesStayAsTheyAre) {
  Object secret = MakeSecret("s", {{"k", "1"}});
  Object deployment = MakeDeployment("d", 1);
  Object claim = MakeClaim("c");
  claim.As<PersistentVolumeClaim>()->spec.access_modes = {"ReadWriteOnce"};
  Object larger = claim;
  larger.As<PersistentVolumeClaim>()->spec.resources.requests["storage"] = *Quantity::Parse("2Gi");
  PlayAll({secret, deployment, claim});
  const auto ids = Ids();
  secret.As<Secret>()->type = "kubernetes.io/basic-auth";
  deployment.As<Deployment>()->spec.selector->match_labels["app"] = "other";
  claim.As<PersistentVolumeClaim>()->spec.access_modes = {"ReadWriteMany"};
  const PlayReport report = PlayAll({secret, deployment, claim});
  ASSERT_THAT(report.errors, SizeIs(3));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("Secret \"s\": type: field is immutable; play with --replace"));
  EXPECT_THAT(report.errors[1].message(), HasSubstr("Deployment \"d\": spec.selector: field is immutable"));
  EXPECT_THAT(report.errors[2].message(), HasSubstr("PersistentVolumeClaim \"c\": spec: field is immutable except resources.requests"));
  EXPECT_EQ(Ids(), ids);

  EXPECT_THAT(PlayAll({larger}).errors, IsEmpty());
  options_.replace = true;
  EXPECT_THAT(PlayAll({secret}).errors, IsEmpty());
}

TEST_F(PlayTest, CallsAtOnceMakeEachPodOnce) {
  engine_.lock_file = testing::TempDir() + "/play_test.lock";
  std::vector<std::thread> threads;
  std::atomic<size_t> errors = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      errors += Play({MakePod("a"), MakeDeployment("d", 3)}, options_, FakeFactory(engine_)).errors.size();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(errors, 0u);
  EXPECT_THAT(engine_.pods, SizeIs(4));
  ::unlink(engine_.lock_file.c_str());
}

TEST_F(PlayTest, ManyPodsAreHandledByManyThreads) {
  std::vector<Object> objects;
  for (int i = 0; i < 50; ++i) objects.push_back(MakePod("p" + std::to_string(i)));
  options_.workers = 8;
  const PlayReport report = PlayAll(objects);
  EXPECT_THAT(report.errors, IsEmpty());
  ASSERT_THAT(report.pods, SizeIs(50));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(report.pods[i].name, "p" + std::to_string(i));
}

}  // namespace
}  // namespace skiff::kube

// Phase, conditions, container states and kubectl's STATUS for the situations a pod can be in.
#include "kube/view/pod_status.h"

#include <gmock/gmock.h>

#include "kube/play/readiness.h"
#include "kube/translate/value_access.h"
#include "kube/view/deployment_status.h"

namespace skiff::kube {
namespace {

constexpr char kCreated[] = "2026-01-02T03:04:05.500000000Z";
constexpr char kStarted[] = "2026-01-02T03:04:06.000000000Z";
constexpr char kEnded[] = "2026-01-02T03:04:10.000000000Z";

pod::ContainerInfo MakeContainer(const std::string& name, const std::string& state, int exit_code = 0) {
  pod::ContainerInfo container;
  container.id = "id-" + name;
  container.image_id = "abc";
  container.image_name = "localhost/app:1";
  container.spec.name = name;
  auto& status = container.status;
  status.id = container.id;
  status.name = name;
  status.state = state;
  status.exit_code = exit_code;
  if (state == "created") return container;
  status.started_at = kStarted;
  if (state == "running") {
    status.started = status.ready = true;
    return container;
  }
  status.finished_at = kEnded;
  status.reason = exit_code == 0 ? "Completed" : "Error";
  status.final = state == "exited";
  return container;
}

pod::ContainerInfo MakeInit(const std::string& name, const std::string& state, int exit_code = 0) {
  pod::ContainerInfo container = MakeContainer(name, state, exit_code);
  container.spec.init = true;
  return container;
}

pod::ContainerInfo MakeSidecar(const std::string& name, bool started) {
  pod::ContainerInfo container = MakeInit(name, "running");
  container.spec.sidecar = true;
  container.status.started = container.status.ready = started;
  return container;
}

pod::ContainerInfo InBackOff(const std::string& name, int exit_code, int restarts) {
  pod::ContainerInfo container = MakeContainer(name, "waiting", exit_code);
  container.status.reason = "CrashLoopBackOff";
  container.status.last_reason = exit_code == 0 ? "Completed" : "Error";
  container.status.message = "back-off 10s restarting failed container=c pod=p_ns(u)";
  container.status.restart_count = restarts;
  return container;
}

pod::PodInfo MakePod(std::vector<pod::ContainerInfo> containers, const std::string& state = "running") {
  pod::PodInfo pod;
  pod.id = "p";
  pod.created = kCreated;
  pod.spec.name = "web";
  pod.status.state = state;
  pod.status.started_at = state == "created" ? "" : kStarted;
  pod.leases = {{.network = "skiff", .address = "10.89.0.2"}};
  pod.containers = std::move(containers);
  return pod;
}

// As the object looks: containers by name, and the status.
Value ObjectOf(const pod::PodInfo& pod) {
  Value apps = Value::List();
  Value inits = Value::List();
  for (const pod::ContainerInfo& container : pod.containers) {
    Value spec = Value::Map();
    spec.Set("name", Value::String(container.spec.name));
    if (container.spec.sidecar) spec.Set("restartPolicy", Value::String("Always"));
    (container.spec.init ? inits : apps).items().push_back(std::move(spec));
  }
  Value spec = Value::Map();
  spec.Set("containers", std::move(apps));
  spec.Set("initContainers", std::move(inits));
  Value object = Value::Map();
  object.Set("spec", std::move(spec));
  object.Set("status", PodStatusOf(pod, QosClass::kBestEffort, "192.0.2.1"));
  if (pod.status.state == "stopping") {
    Value metadata = Value::Map();
    metadata.Set("deletionTimestamp", Value::String("2026-01-02T03:04:36Z"));
    object.Set("metadata", std::move(metadata));
  }
  return object;
}

// "READY STATUS RESTARTS".
std::string Summary(const pod::PodInfo& pod) {
  const PodSummary summary = SummarizePod(ObjectOf(pod));
  return fmt::format("{}/{} {} {}", summary.ready, summary.total, summary.status, summary.restarts);
}

std::string ReasonOf(const Value& object, const std::string& type) {
  for (const Value& condition : At(object, "status.conditions").items())
    if (TextAt(condition, "type") == type)
      return TextAt(condition, "reason") + ": " + TextAt(condition, "message");
  return "no such condition";
}

TEST(PodStatusTest, WhatKubectlShows) {
  EXPECT_EQ(Summary(MakePod({MakeContainer("a", "created")}, "created")), "0/1 ContainerCreating 0");
  EXPECT_EQ(Summary(MakePod({MakeContainer("a", "running"), MakeContainer("b", "running")})),
            "2/2 Running 0");
  EXPECT_EQ(Summary(MakePod({MakeContainer("a", "exited")}, "exited")), "0/1 Completed 0");
  EXPECT_EQ(Summary(MakePod({MakeContainer("a", "exited", 3)}, "exited")), "0/1 Error 0");
  EXPECT_EQ(Summary(MakePod({InBackOff("a", 1, 4)})), "0/1 CrashLoopBackOff 4");
  EXPECT_EQ(Summary(MakePod({MakeContainer("a", "running")}, "stopping")), "1/1 Terminating 0");
  // One has ended, another runs on.
  EXPECT_EQ(Summary(MakePod({MakeContainer("a", "exited"), MakeContainer("b", "running")})),
            "1/2 NotReady 0");
  // An error shows through.
  EXPECT_EQ(Summary(MakePod({MakeContainer("a", "running"), MakeContainer("b", "exited", 1)})),
            "1/2 Error 0");
}

TEST(PodStatusTest, RunningAndNotReady) {
  pod::PodInfo pod = MakePod({MakeContainer("a", "running"), MakeContainer("b", "running")});
  pod.containers[1].status.ready = false;
  pod.containers[1].status.probe_failure = "Readiness probe failed: HTTP probe failed with statuscode: 500";
  EXPECT_EQ(Summary(pod), "1/2 Running 0");
  const Value object = ObjectOf(pod);
  EXPECT_EQ(ConditionStatus(object, "ready"), "False");
  EXPECT_EQ(ReasonOf(object, "Ready"), "ContainersNotReady: containers with unready status: [b]");
  EXPECT_EQ(WhyNotReady(pod),
            std::vector<std::string>{
                "container \"b\": Readiness probe failed: HTTP probe failed with statuscode: 500"});
}

TEST(PodStatusTest, InitContainers) {
  EXPECT_EQ(
      Summary(MakePod({MakeInit("i", "running"), MakeInit("j", "created"), MakeContainer("a", "created")})),
      "0/1 Init:0/2 0");
  EXPECT_EQ(
      Summary(MakePod({MakeInit("i", "exited"), MakeInit("j", "running"), MakeContainer("a", "created")})),
      "0/1 Init:1/2 0");
  EXPECT_EQ(Summary(MakePod({MakeInit("i", "exited", 1), MakeContainer("a", "created")}, "exited")),
            "0/1 Init:Error 0");
  pod::ContainerInfo failing = InBackOff("i", 1, 2);
  failing.spec.init = true;
  const pod::PodInfo pod = MakePod({failing, MakeContainer("a", "created")});
  EXPECT_EQ(Summary(pod), "0/1 Init:CrashLoopBackOff 2");
  const Value object = ObjectOf(pod);
  EXPECT_EQ(TextAt(object, "status.phase"), "Pending");
  EXPECT_EQ(ReasonOf(object, "Initialized"),
            "ContainersNotInitialized: containers with incomplete status: [i]");
  EXPECT_EQ(TextAt(At(object, "status.containerStatuses").items()[0], "state.waiting.reason"),
            "PodInitializing");
}

TEST(PodStatusTest, Sidecars) {
  EXPECT_EQ(Summary(MakePod({MakeSidecar("s", true), MakeContainer("a", "running")})), "2/2 Running 0");
  EXPECT_EQ(Summary(MakePod({MakeSidecar("s", false), MakeContainer("a", "created")})), "0/2 Init:0/1 0");
  // A sidecar decides nothing about the pod's end.
  pod::PodInfo done = MakePod({MakeSidecar("s", true), MakeContainer("a", "exited")}, "exited");
  done.containers[0].status.state = "exited";
  done.containers[0].status.exit_code = 143;
  done.status.initialized_at = kStarted;
  EXPECT_EQ(PodPhase(done), "Succeeded");
  EXPECT_EQ(FirstFailure({done}), 0);
  // Nor is the pod over before it has ended.
  pod::PodInfo ending = MakePod({MakeSidecar("s", true), MakeContainer("a", "exited")}, "stopping");
  EXPECT_EQ(PodPhase(ending), "Running");
  ending.containers[0].status.state = "exited";
  EXPECT_EQ(PodPhase(ending), "Succeeded");
}

TEST(PodStatusTest, Phases) {
  EXPECT_EQ(PodPhase(MakePod({MakeContainer("a", "created")}, "created")), "Pending");
  EXPECT_EQ(PodPhase(MakePod({MakeContainer("a", "created"), MakeContainer("b", "running")})), "Pending");
  EXPECT_EQ(PodPhase(MakePod({MakeContainer("a", "running")})), "Running");
  EXPECT_EQ(PodPhase(MakePod({InBackOff("a", 0, 1)})), "Running");
  EXPECT_EQ(PodPhase(MakePod({MakeContainer("a", "exited"), MakeContainer("b", "exited", 2)}, "exited")),
            "Failed");
  // Every container has ended for good, the pod's own processes not yet.
  EXPECT_EQ(PodPhase(MakePod({MakeContainer("a", "exited")})), "Succeeded");
  pod::PodInfo late = MakePod({MakeContainer("a", "exited", 143)}, "exited");
  late.status.reason = "DeadlineExceeded";
  EXPECT_EQ(PodPhase(late), "Failed");
  EXPECT_EQ(Summary(late), "0/1 Error 0");
}

TEST(PodStatusTest, StateAndLastState) {
  const Value object = ObjectOf(MakePod({InBackOff("a", 3, 2)}));
  const Value& status = At(object, "status.containerStatuses").items()[0];
  EXPECT_EQ(
      status.ToJson(),
      R"({"containerID":"skiff://id-a","image":"localhost/app:1","imageID":"sha256:abc","lastState":{"terminated":)"
      R"({"containerID":"skiff://id-a","exitCode":3,"finishedAt":"2026-01-02T03:04:10Z","reason":"Error",)"
      R"("startedAt":"2026-01-02T03:04:06Z"}},"name":"a","ready":false,"restartCount":2,"started":false,"state":)"
      R"x({"waiting":{"message":"back-off 10s restarting failed container=c pod=p_ns(u)","reason":"CrashLoopBackOff"}}})x");
  pod::PodInfo pod = MakePod({MakeContainer("a", "running")});
  pod.containers[0].status.restart_count = 1;
  pod.containers[0].status.last_exit_code = 137;
  pod.containers[0].status.last_reason = "OOMKilled";
  pod.containers[0].status.last_started_at = kCreated;
  pod.containers[0].status.last_finished_at = kStarted;
  const Value again = ObjectOf(pod);
  EXPECT_EQ(TextAt(At(again, "status.containerStatuses").items()[0], "lastState.terminated.reason"),
            "OOMKilled");
  EXPECT_EQ(SummarizePod(again).last_restart, "2026-01-02T03:04:06Z");
}

// Between two runs a pod is not being initialized again, whatever its containers do.
TEST(PodStatusTest, ARestartingContainerOfAPodWithInitContainers) {
  pod::PodInfo pod = MakePod({MakeInit("i", "exited"), MakeContainer("a", "waiting", 3)});
  pod.status.initialized_at = kStarted;
  auto& status = pod.containers[1].status;
  const auto state = [&](const char* path) { return At(At(ObjectOf(pod), "status.containerStatuses").items()[0], path).ToJson(); };
  // It has ended and starts again without a wait.
  EXPECT_EQ(state("state.terminated.reason"), R"("Error")");
  EXPECT_EQ(state("lastState"), "{}");
  EXPECT_EQ(Summary(pod), "0/1 Error 0");
  // The runtime is at it.
  status.restart_count = 1;
  status.last_exit_code = 3;
  status.last_reason = "Error";
  status.last_started_at = status.started_at;
  status.last_finished_at = status.finished_at;
  status.started_at.clear();
  status.finished_at.clear();
  status.reason = "ContainerCreating";
  EXPECT_EQ(state("state"), R"({"waiting":{}})");
  EXPECT_EQ(state("lastState.terminated.exitCode"), "3");
  EXPECT_EQ(Summary(pod), "0/1 Running 1");
  // Its first run, after the init containers: the kubelet has one word for both.
  status.restart_count = 0;
  EXPECT_EQ(state("state"), R"({"waiting":{"reason":"PodInitializing"}})");
}

TEST(PodStatusTest, AContainerIsNotRunningBeforeItsPostStartHookHasEnded) {
  pod::PodInfo pod = MakePod({MakeContainer("a", "running")});
  auto& status = pod.containers[0].status;
  status.hook = supervisor::HookStatus{.hook = "postStart"};
  status.started = status.ready = false;
  EXPECT_EQ(Summary(pod), "0/1 ContainerCreating 0");
  EXPECT_EQ(PodPhase(pod), "Pending");
  EXPECT_EQ(WhyNotReady(pod).front(), "container \"a\": its postStart hook has not ended yet");
  // A preStop hook takes nothing back.
  status.hook->hook = "preStop";
  EXPECT_EQ(PodPhase(pod), "Running");
}

TEST(PodStatusTest, AddressesTimesAndConditions) {
  const Value object = ObjectOf(MakePod({MakeContainer("a", "running")}));
  EXPECT_EQ(TextAt(object, "status.podIP"), "10.89.0.2");
  // Both families of the first network, as in the downward API.
  pod::PodInfo dual = MakePod({MakeContainer("a", "running")});
  dual.leases = {{.network = "blue", .address = "10.90.0.2"}, {.network = "blue", .address = "fd00::2"}, {.network = "red", .address = "10.91.0.2"}};
  EXPECT_EQ(At(ObjectOf(dual), "status.podIPs").ToJson(), R"([{"ip":"10.90.0.2"},{"ip":"fd00::2"}])");
  EXPECT_EQ(TextAt(object, "status.hostIP"), "192.0.2.1");
  EXPECT_EQ(TextAt(object, "status.startTime"), "2026-01-02T03:04:06Z");
  EXPECT_EQ(TextAt(object, "status.qosClass"), "BestEffort");
  for (const char* type :
       {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"})
    EXPECT_EQ(ConditionStatus(object, type), "True") << type;
  const Value done = ObjectOf(MakePod({MakeContainer("a", "exited")}, "exited"));
  EXPECT_EQ(ReasonOf(done, "Ready"), "PodCompleted: ");
  EXPECT_EQ(ReasonOf(done, "Initialized"), "PodCompleted: ");
  EXPECT_EQ(ReasonOf(ObjectOf(MakePod({MakeContainer("a", "exited", 1)}, "exited")), "Ready"), "PodFailed: ");
}

// What still runs in it is being stopped; the pod is not over, whatever has ended already.
TEST(PodStatusTest, APodBetweenTwoSandboxes) {
  pod::PodInfo pod = MakePod({MakeContainer("a", "running"), MakeContainer("b", "exited", 137)});
  pod.containers[1].status.final = false;
  pod.status.sandbox_lost_at = kEnded;
  const Value lost = ObjectOf(pod);
  EXPECT_EQ(TextAt(lost, "status.phase"), "Running");
  for (const char* type : {"PodReadyToStartContainers", "Ready", "ContainersReady"})
    EXPECT_EQ(ConditionStatus(lost, type), "False") << type;
  EXPECT_EQ(TextAt(At(lost, "status.conditions").items().front(), "lastTransitionTime"), "2026-01-02T03:04:10Z");
  EXPECT_THAT(WhyNotReady(pod), testing::Contains("its sandbox has ended, and the next one is not ready yet"));
  pod.containers = {MakeContainer("a", "running"), MakeContainer("b", "running")};
  pod.status.sandbox_lost_at.clear();
  pod.status.sandbox_ready_at = "2026-01-02T03:04:11.000000000Z";
  const Value back = ObjectOf(pod);
  for (const char* type : {"PodReadyToStartContainers", "Ready"}) EXPECT_EQ(ConditionStatus(back, type), "True") << type;
  EXPECT_EQ(TextAt(At(back, "status.conditions").items().front(), "lastTransitionTime"), "2026-01-02T03:04:11Z");
}

TEST(ReadinessTest, TheFirstFailureIsTheOneThatEndedFirst) {
  pod::PodInfo a = MakePod({MakeContainer("a", "exited", 3)}, "exited");
  pod::PodInfo b = MakePod({MakeContainer("b", "exited", 4), MakeContainer("c", "exited", 0)}, "exited");
  b.containers[0].status.finished_at = "2026-01-02T03:04:09.000000000Z";
  EXPECT_EQ(FirstFailure({a, b}), 4);
  EXPECT_EQ(FirstFailure({a}), 3);
  EXPECT_EQ(FirstFailure({}), 0);
}

TEST(ReadinessTest, OnlyTheInitContainerThatHoldsEverythingBackIsNamed) {
  pod::PodInfo pod = MakePod({MakeInit("i", "exited", 2), MakeContainer("a", "created")});
  EXPECT_EQ(WhyNotReady(pod),
            std::vector<std::string>{"init container \"i\": ended with exit code 2 (Error)"});
}

TEST(ReadinessTest, WhileTheNextRunIsMadeTheRunBeforeIsNamed) {
  pod::ContainerInfo starting = MakeContainer("a", "waiting");
  starting.status.reason = "ContainerCreating";
  starting.status.finished_at.clear();
  EXPECT_EQ(WhyNotReady(MakePod({starting})), std::vector<std::string>{"container \"a\": ContainerCreating"});
  starting.status.restart_count = 1;
  starting.status.last_exit_code = 3;
  starting.status.last_finished_at = "2026-01-02T03:04:09.000000000Z";
  EXPECT_EQ(WhyNotReady(MakePod({starting})),
            std::vector<std::string>{"container \"a\": ContainerCreating, last exit code 3"});
}

TEST(DeploymentStatusTest, CountsItsPods) {
  const Value deployment = *ParseJsonValue(
      R"({"metadata":{"name":"web","namespace":"default","creationTimestamp":"2026-01-02T03:04:05Z"},
          "spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"a","image":"x"}]}}}})",
      "deployment");
  const auto pod_of = [](const pod::PodInfo& info, const std::string& owner) {
    Value pod = ObjectOf(info);
    pod.Set("metadata",
            *ParseJsonValue(
                fmt::format(
                    R"({{"namespace":"default","ownerReferences":[{{"kind":"Deployment","name":"{}"}}]}})",
                    owner),
                "metadata"));
    return pod;
  };
  pod::PodInfo unready = MakePod({MakeContainer("a", "running")});
  unready.containers[0].status.ready = false;
  const Value status =
      DeploymentStatusOf(deployment,
                         {pod_of(MakePod({MakeContainer("a", "running")}), "web"), pod_of(unready, "web"),
                          pod_of(MakePod({MakeContainer("a", "running")}), "other")},
                         common::Now());
  EXPECT_EQ(IntAt(status, "replicas"), 2);
  EXPECT_EQ(IntAt(status, "readyReplicas"), 1);
  EXPECT_EQ(IntAt(status, "availableReplicas"), 1);
  EXPECT_EQ(IntAt(status, "unavailableReplicas"), 1);
  Value object = deployment;
  object.Set("status", status);
  EXPECT_EQ(ConditionStatus(object, "Available"), "False");  // 25% of 2 is less than one
}

}  // namespace
}  // namespace skiff::kube

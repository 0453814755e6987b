#include <gmock/gmock.h>

#include "cli/container_view.h"
#include "cli/inspect_view.h"
#include "cli/pod_view.h"
#include "cli/render/template.h"
#include "common/clock.h"

namespace skiff::cli {
namespace {

// A pod with one published port and one running container.
pod::PodInfo Pod() {
  pod::PodInfo pod;
  pod.id = std::string(64, 'a');
  pod.name = "p";
  pod.infra_id = std::string(64, 'b');
  pod.status.state = "running";
  pod.leases.push_back({"skiff", "10.89.0.2", 24, "10.89.0.1", "aa:bb:cc:dd:ee:ff", "eth0"});
  pod.spec.ports.push_back({"", "", 8080, 80, pod::Protocol::kTcp});
  pod::ContainerInfo container;
  container.id = std::string(64, 'c');
  container.name = "web";
  container.pod_id = pod.id;
  container.pod_name = "p";
  container.image_name = "localhost/demo:latest";
  container.command = {"sh", "-c", "sleep 1000"};
  container.created = "2026-01-01T00:00:00Z";
  container.spec.labels = {{"x", "y"}};
  container.spec.env = {{"A", "own"}};
  container.status.state = "running";
  container.status.pid = 42;
  pod.containers.push_back(container);
  return pod;
}

std::string Field(const common::JsonValue& value, const std::string& path) {
  const auto text = Template::Parse("{{" + path + "}}")->Execute(value);
  return text ? *text : text.error().message();
}

TEST(ContainerView, RowsAndJson) {
  const std::vector<pod::PodInfo> pods{Pod()};
  const ContainerView view = MakeContainerViews(pods).at(0);
  common::JsonBuilder builder;
  const common::JsonValue row = ContainerRow(view, false, builder);
  EXPECT_EQ(Field(row, ".ID"), "cccccccccccc");
  EXPECT_EQ(Field(row, ".Ports"), "0.0.0.0:8080->80/tcp");
  EXPECT_EQ(Field(row, ".Command"), "sh -c sleep 1000");
  EXPECT_EQ(Field(row, ".PodName"), "p");
  const common::JsonValue json = ContainerJson(view, builder);
  EXPECT_EQ(Field(json, "index .Names 0"), "web");
  EXPECT_EQ(Field(json, "(index .Ports 0).host_port"), "8080");
  EXPECT_EQ(Field(json, ".State"), "running");
}

TEST(ContainerView, HealthStandsBehindTheStatus) {
  std::vector<pod::PodInfo> pods{Pod()};
  auto& status = pods[0].containers[0].status;
  status.started_at = common::FormatTime(common::Now() - std::chrono::seconds(30));
  status.health = "healthy";
  EXPECT_EQ(MakeContainerViews(pods).at(0).Status(), "Up 30 seconds ago (healthy)");
  status.state = "exited";
  EXPECT_EQ(MakeContainerViews(pods).at(0).Status().find("healthy"), std::string::npos);
}

TEST(ContainerView, StatesAsPodmanSaysThem) {
  std::vector<pod::PodInfo> pods{Pod()};
  auto& status = pods[0].containers[0].status;
  const ContainerView view = MakeContainerViews(pods).at(0);
  EXPECT_TRUE(view.Runs());
  status.state = "exited";
  status.exit_code = 3;
  EXPECT_THAT(view.Status(), testing::StartsWith("Exited (3)"));
  EXPECT_FALSE(view.Runs());
  status.state = "waiting";
  status.finished_at = common::FormatTime(common::Now());
  EXPECT_EQ(view.State(), "restarting");
  EXPECT_THAT(view.Status(), testing::StartsWith("Restarting (3)"));
  // The next run is being made.
  status.last_exit_code = std::exchange(status.exit_code, 0);
  status.last_finished_at = std::exchange(status.finished_at, "");
  status.restart_count = 1;
  EXPECT_THAT(view.Status(), testing::StartsWith("Restarting (3)"));
  // Its first run is: of a pod that waits for an image or an init container, for instance.
  status.restart_count = 0;
  EXPECT_EQ(view.State(), "created");
  EXPECT_EQ(view.Status(), "Created");
  status.state = "created";
  EXPECT_EQ(view.Status(), "Created");
}

TEST(ContainerView, Filters) {
  const std::vector<pod::PodInfo> pods{Pod()};
  const auto count = [&](const char* filter) {
    const Filters filters = *Filters::Parse({filter}, ContainerFilterKeys());
    return FilterContainers(MakeContainerViews(pods), filters)->size();
  };
  EXPECT_EQ(count("name=web"), 1u);
  EXPECT_EQ(count("name=db"), 0u);
  EXPECT_EQ(count("pod=p"), 1u);
  EXPECT_EQ(count("pod=q"), 0u);
  EXPECT_EQ(count("label=x=y"), 1u);
  EXPECT_EQ(count("status=exited"), 0u);
  EXPECT_EQ(count("ancestor=localhost/demo"), 1u);
}

TEST(PodView, States) {
  pod::PodInfo pod = Pod();
  EXPECT_EQ(PodState(pod), "Running");
  pod.containers[0].status.state = "exited";
  EXPECT_EQ(PodState(pod), "Degraded");
  pod.status.state = "exited";
  EXPECT_EQ(PodState(pod), "Exited");
  pod.status.state = "created";
  pod.containers[0].status.state = "created";
  EXPECT_EQ(PodState(pod), "Created");
}

TEST(PodView, AnInitContainerThatIsDoneDoesNotDegrade) {
  pod::PodInfo pod = Pod();
  pod.containers.push_back(pod.containers[0]);
  pod.containers[1].spec.init = true;
  pod.containers[1].status.state = "exited";
  EXPECT_EQ(PodState(pod), "Running");
}

TEST(Inspect, FieldsThatScriptsRead) {
  const pod::PodInfo pod = Pod();
  common::JsonBuilder builder;
  image::Image image;
  image.config.env = {"PATH=/bin", "A=image"};
  image.config.cmd = {"sh"};
  image.config.working_dir = "/srv";
  const common::SystemPaths paths;
  const common::JsonValue json =
      ContainerInspectJson({pod.containers[0], pod, &image, paths, "/usr/bin/crun"}, builder);
  EXPECT_EQ(Field(json, ".Config.Env"), "[PATH=/bin A=own]");
  EXPECT_EQ(Field(json, ".Config.WorkingDir"), "/srv");
  EXPECT_EQ(Field(json, ".Config.Cmd"), "[sh]");
  EXPECT_EQ(Field(json, ".OCIRuntime"), "crun");
  EXPECT_EQ(Field(json, ".State.Status"), "running");
  EXPECT_EQ(Field(json, ".State.Pid"), "42");
  EXPECT_EQ(Field(json, ".NetworkSettings.IPAddress"), "10.89.0.2");
  EXPECT_EQ(Field(json, "(index (index .NetworkSettings.Ports \"80/tcp\") 0).HostPort"), "8080");
  EXPECT_EQ(Field(json, ".Path"), "sh");
  EXPECT_EQ(Field(json, ".Args"), "[-c sleep 1000]");
  EXPECT_EQ(Field(json, ".Config.Labels.x"), "y");
  EXPECT_EQ(Field(json, ".HostConfig.NetworkMode"), "bridge");
  EXPECT_EQ(Field(PodInspectJson(pod, builder), ".InfraConfig.IPAddresses"), "[10.89.0.2]");
}

}  // namespace
}  // namespace skiff::cli

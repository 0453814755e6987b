// Values, suggestions, kinds, selectors, defaults: the parts below the loader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.h"
#include "kube/model/defaults.h"
#include "kube/model/encode.h"
#include "kube/model/kinds.h"
#include "kube/model/support_table.h"
#include "kube/model/text.h"
#include "kube/model/types/object.h"
#include "kube/model/value.h"

namespace skiff::kube {
namespace {

TEST(Text, SuggestsWhatIsNear) {
  EXPECT_EQ(DidYouMean("contaners", {"containers", "initContainers"}), ", did you mean \"containers\"?");
  EXPECT_EQ(FindSimilar("hostnetwork", {"hostNetwork", "hostname"}), "hostNetwork");
  EXPECT_EQ(FindSimilar("imgae", {"image", "name"}), "image");
  EXPECT_EQ(FindSimilar("name", {"secretName", "items"}), "secretName");
  EXPECT_EQ(DidYouMean("foo", {"containers", "image"}), "");
  EXPECT_EQ(FindSimilar(std::string(100000, 'x'), {"image"}), "");
}

TEST(Value, FindsByPathOrTheNearestAncestor) {
  Value container = Value::Map();
  container.Set("image", Value::String("busybox"));
  Value list = Value::List();
  list.items().push_back(container);
  Value data = Value::Map();
  data.Set("tls.key", Value::String("k"));
  Value root = Value::Map();
  root.Set("containers", list);
  root.Set("data", data);
  EXPECT_EQ(root.Nearest("containers[0].image").text(), "busybox");
  EXPECT_EQ(root.Nearest("data[tls.key]").text(), "k");
  EXPECT_EQ(root.Nearest("containers[0].name"), container);
  EXPECT_EQ(root.Nearest("containers[7].name"), list);
  EXPECT_EQ(root.Nearest(""), root);
  EXPECT_EQ(root.ToJson(), R"({"containers":[{"image":"busybox"}],"data":{"tls.key":"k"}})");
}

TEST(Kinds, AreLookedUpByVersionToo) {
  EXPECT_EQ(LookUpKind("Pod", "v1"), KindStatus::kSupported);
  EXPECT_EQ(LookUpKind("Deployment", "apps/v1"), KindStatus::kSupported);
  EXPECT_EQ(LookUpKind("Deployment", "v1"), KindStatus::kUnknownVersion);
  EXPECT_EQ(LookUpKind("Ingress", "networking.k8s.io/v1"), KindStatus::kNotSupported);
  EXPECT_EQ(LookUpKind("Pot", "v1"), KindStatus::kUnknown);
  EXPECT_EQ(LookUpKind("Gadget", "example.com/v1"), KindStatus::kCustom);
}

TEST(LabelSelector, MatchesAsKubernetesDoes) {
  const StringMap labels{{"app", "web"}, {"tier", "front"}};
  const auto matches = [&](std::string key, std::string op, std::vector<std::string> values) {
    LabelSelector selector;
    selector.match_expressions.push_back({std::move(key), std::move(op), std::move(values)});
    return selector.Matches(labels);
  };
  EXPECT_TRUE(LabelSelector().Matches(labels));
  EXPECT_TRUE((LabelSelector{{{"app", "web"}}, {}}.Matches(labels)));
  EXPECT_FALSE((LabelSelector{{{"app", "db"}}, {}}.Matches(labels)));
  EXPECT_TRUE(matches("tier", "In", {"front", "back"}));
  EXPECT_FALSE(matches("tier", "NotIn", {"front"}));
  EXPECT_TRUE(matches("absent", "NotIn", {"x"}));
  EXPECT_FALSE(matches("absent", "In", {"x"}));
  EXPECT_TRUE(matches("app", "Exists", {}));
  EXPECT_TRUE(matches("absent", "DoesNotExist", {}));
}

TEST(Defaults, PullPolicyFollowsTheTag) {
  EXPECT_EQ(DefaultPullPolicy("busybox"), "Always");
  EXPECT_EQ(DefaultPullPolicy("host:5000/busybox"), "Always");
  EXPECT_EQ(DefaultPullPolicy("host:5000/busybox:latest"), "Always");
  EXPECT_EQ(DefaultPullPolicy("busybox:1.36"), "IfNotPresent");
  EXPECT_EQ(DefaultPullPolicy("busybox@sha256:0123"), "IfNotPresent");
  EXPECT_EQ(DefaultPullPolicy("busybox:latest@sha256:0123"), "Always");
}

TEST(Defaults, AreFilledInAndLeftOutAgain) {
  Pod pod;
  pod.metadata.name = "web";
  Container& container = pod.spec.containers.emplace_back();
  container.name = "c";
  container.image = "busybox:1.36";
  container.ports.push_back({.container_port = 80});
  container.resources.limits["cpu"] = Quantity::FromInt(1);
  pod.spec.volumes.push_back({.name = "scratch"});
  Object object{.body = pod};
  ApplyDefaults(object);

  const PodSpec& spec = object.As<Pod>()->spec;
  EXPECT_EQ(spec.restart_policy, "Always");
  EXPECT_EQ(spec.termination_grace_period_seconds, 30);
  EXPECT_EQ(spec.containers[0].image_pull_policy, "IfNotPresent");
  EXPECT_EQ(spec.containers[0].ports[0].protocol, "TCP");
  EXPECT_EQ(spec.containers[0].resources.requests.at("cpu"), Quantity::FromInt(1));
  EXPECT_TRUE(spec.volumes[0].empty_dir);
  EXPECT_EQ(object.metadata().kube_namespace, "default");
  EXPECT_EQ(Encode(object, {.omit_defaults = true}).ToJson(),
            R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"volumes":[{"name":"scratch","emptyDir":{}}],)"
            R"("containers":[{"name":"c","image":"busybox:1.36","ports":[{"containerPort":80}],)"
            R"("resources":{"limits":{"cpu":"1"}}}]}})");
}

TEST(SupportTable, IsWhatTheDocumentationShows) {
  const auto document = common::ReadFile(std::string(SKIFF_SOURCE_DIR) + "/docs/KUBERNETES.md");
  ASSERT_TRUE(document) << document.error().message();
  EXPECT_THAT(*document, testing::EndsWith("## Fields\n\n" + SupportTable()))
      << "docs/KUBERNETES.md is older than the field tables: run scripts/update-docs";
}

}  // namespace
}  // namespace skiff::kube

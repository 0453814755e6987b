#include "kube/view/selector.h"

#include <gtest/gtest.h>

#include "kube/translate/value_access.h"
#include "kube/view/resource_kind.h"

namespace skiff::kube {
namespace {

bool Selects(const std::string& text, const StringMap& labels) {
  const auto selector = ParseLabelSelector(text);
  EXPECT_TRUE(selector.has_value()) << text;
  return selector && selector->Matches(labels);
}

TEST(LabelSelectorTest, Equality) {
  const StringMap web = {{"app", "web"}, {"example.com/tier", "front"}};
  EXPECT_TRUE(Selects("", web));
  EXPECT_TRUE(Selects("app=web", web));
  EXPECT_TRUE(Selects("app == web , example.com/tier=front", web));
  EXPECT_FALSE(Selects("app=web,example.com/tier=back", web));
  EXPECT_TRUE(Selects("app!=db", web));
  EXPECT_FALSE(Selects("app!=web", web));
  EXPECT_TRUE(Selects("other!=x", web));  // what has no such label does not have this value
}

TEST(LabelSelectorTest, Sets) {
  const StringMap web = {{"app", "web"}};
  EXPECT_TRUE(Selects("app", web));
  EXPECT_FALSE(Selects("!app", web));
  EXPECT_TRUE(Selects("!other", web));
  EXPECT_TRUE(Selects("app in (db, web)", web));
  EXPECT_FALSE(Selects("app in (db)", web));
  EXPECT_TRUE(Selects("app notin (db,api),app", web));
  EXPECT_FALSE(Selects("app notin (web)", web));
}

TEST(LabelSelectorTest, Mistakes) {
  for (const char* text : {"app in web", "app within (a)", "a b", "=x", "app in (a", "app=a b"})
    EXPECT_FALSE(ParseLabelSelector(text).has_value()) << text;
}

TEST(FieldSelectorTest, MatchesFields) {
  const Value pod =
      *ParseJsonValue(R"({"metadata": {"name": "web"}, "status": {"phase": "Running"}})", "pod");
  EXPECT_TRUE(FieldSelector::Parse("metadata.name=web,status.phase!=Pending")->Matches(pod));
  EXPECT_FALSE(FieldSelector::Parse("metadata.name!=web")->Matches(pod));
  EXPECT_FALSE(FieldSelector::Parse("status.phase==Pending")->Matches(pod));
  EXPECT_FALSE(FieldSelector::Parse("nonsense").has_value());
}

TEST(FieldSelectorTest, KnowsTheFieldsOfEachKind) {
  const auto phase = FieldSelector::Parse("status.phase=Running");
  EXPECT_TRUE(phase->CheckFor("Pod").has_value());
  EXPECT_EQ(phase->CheckFor("ConfigMap").error().message(), "field label not supported: status.phase");
  EXPECT_TRUE(FieldSelector::Parse("metadata.name=a")->CheckFor("ConfigMap").has_value());
}

TEST(ResourceKindTest, AnswersToAllItsNames) {
  for (const char* word : {"po", "pod", "pods", "Pods", "Pod"})
    EXPECT_EQ(FindResourceKind(word)->kind, "Pod") << word;
  for (const char* word : {"deploy", "deployments.apps", "deployment.v1.apps"})
    EXPECT_EQ(FindResourceKind(word)->kind, "Deployment") << word;
  EXPECT_EQ(FindResourceKind("deployments.batch"), nullptr);
  EXPECT_EQ(FindResourceKind("widgets"), nullptr);
  EXPECT_EQ(FindResourceKind("deploy")->QualifiedPlural(), "deployments.apps");
  EXPECT_EQ(FindResourceKind("cm")->QualifiedSingular(), "configmap");
}

}  // namespace
}  // namespace skiff::kube

#include "manifests/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

#include "common/file.h"
#include "manifests/writer.h"

namespace skiff::manifests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Folder(const std::string& name) { return std::string(SKIFF_TEST_DATA) + "/" + name; }

// Every data/errors/NAME.yaml gives exactly the text of NAME.txt.
TEST(Loader, TellsOfMistakesInTheseWords) {
  const auto names = common::ListDirectory(Folder("errors"));
  ASSERT_TRUE(names);
  int compared = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(".yaml")) continue;
    const auto text = common::ReadFile(Folder("errors/" + name));
    const auto expected = common::ReadFile(Folder("errors/" + name.substr(0, name.size() - 5) + ".txt"));
    ASSERT_TRUE(text && expected) << name;
    EXPECT_EQ(kube::RenderDiagnostics(LoadText(*text, name).diagnostics), *expected) << name;
    ++compared;
  }
  EXPECT_GE(compared, 16);
}

TEST(Loader, ValidatesAsAsked) {
  const std::string text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndta: {}\n";
  EXPECT_TRUE(kube::HasErrors(LoadText(text, "a").diagnostics));
  const Loaded warned = LoadText(text, "a", {.validation = Validation::kWarn});
  EXPECT_EQ(kube::RenderDiagnostics(warned.diagnostics),
            "a:4:1: warning: unknown field \"dta\" in ConfigMap, did you mean \"data\"?\n  dta: {}\n  ^\n");
  EXPECT_EQ(warned.objects.size(), 1u);
  EXPECT_TRUE(LoadText(text, "a", {.validation = Validation::kIgnore}).diagnostics.empty());
  EXPECT_EQ(*ParseValidation("true"), Validation::kStrict);
  EXPECT_EQ(*ParseValidation("false"), Validation::kIgnore);
  EXPECT_FALSE(ParseValidation("maybe"));
}

TEST(Loader, ResolvesScalarsAsKubernetesDoes) {
  const Loaded loaded = LoadText(R"(apiVersion: v1
kind: Pod
metadata: {name: p, creationTimestamp: null, resourceVersion: "5"}
status: {phase: Running}
spec:
  hostPID: yes
  hostIPC: off
  containers:
    - {name: c, image: "busybox:1", env: [{name: E}, {name: D, value: 2024-01-02}], resources: {limits: {cpu: 0.1}}}
  volumes:
    - {name: a, configMap: {name: m, defaultMode: 0400}}
    - {name: b, configMap: {name: m, defaultMode: 0o440}}
)", "a");
  ASSERT_TRUE(loaded.diagnostics.empty()) << kube::RenderDiagnostics(loaded.diagnostics);
  const kube::PodSpec& spec = loaded.objects.at(0).As<kube::Pod>()->spec;
  EXPECT_TRUE(spec.host_pid);
  EXPECT_FALSE(spec.host_ipc);
  EXPECT_EQ(spec.volumes[0].config_map->default_mode, 0400);
  EXPECT_EQ(spec.volumes[1].config_map->default_mode, 0440);
  EXPECT_EQ(spec.containers[0].env[1].value, "2024-01-02");
  EXPECT_EQ(spec.containers[0].resources.limits.at("cpu"), kube::Quantity::FromMilli(100));
}

TEST(Loader, UnfoldsAnchorsAndMergeKeys) {
  const Loaded loaded = LoadText(R"(apiVersion: v1
kind: ConfigMap
metadata: &meta
  name: one
  labels: &labels {app: x, tier: w}
data: {a: b}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: two
  labels: &more
    <<: &base {app: x, tier: w}
    tier: z
  annotations:
    <<: [*base, {extra: "1"}]
)", "a");
  ASSERT_TRUE(loaded.diagnostics.empty()) << kube::RenderDiagnostics(loaded.diagnostics);
  ASSERT_EQ(loaded.objects.size(), 2u);
  EXPECT_EQ(loaded.objects[1].metadata().labels, (kube::StringMap{{"app", "x"}, {"tier", "z"}}));
  EXPECT_EQ(loaded.objects[1].metadata().annotations, (kube::StringMap{{"app", "x"}, {"tier", "w"}, {"extra", "1"}}));
}

TEST(Loader, ReadsJsonAndLists) {
  const Loaded loaded = LoadText(R"({"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "dg=="}, "stringData": {"l": "w\u00e4\ud83d\ude00\\ud83d"}},
	{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "other"}}
]})", "-");
  ASSERT_TRUE(loaded.diagnostics.empty()) << kube::RenderDiagnostics(loaded.diagnostics);
  ASSERT_EQ(loaded.objects.size(), 2u);
  const kube::Secret& secret = *loaded.objects[0].As<kube::Secret>();
  EXPECT_EQ(secret.data.at("k").data, "v");
  EXPECT_EQ(secret.data.at("l").data, "w\u00e4\U0001F600\\ud83d");
  EXPECT_EQ(secret.type, "Opaque");
  EXPECT_EQ(loaded.objects[1].metadata().kube_namespace, "other");
  EXPECT_EQ(loaded.objects[1].position.line, 3);
  EXPECT_EQ(loaded.objects[1].PositionOf("metadata.namespace").column, 83);
}

TEST(Loader, RefusesBombsCleanly) {
  std::string bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int j = 0; j < 9; ++j) bomb += "," + alias;
    bomb += "]\n";
  }
  EXPECT_THAT(kube::RenderDiagnostics(LoadText(bomb, "a").diagnostics), HasSubstr("more than 1000000 values"));
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += std::string(i, ' ') + "a:\n";
  EXPECT_THAT(kube::RenderDiagnostics(LoadText(deep, "a").diagnostics), HasSubstr("nested deeper than 100 levels"));
  std::string chain = "k0: &k0 [x]\n";
  for (int i = 1; i < 150; ++i) {
    chain += "k" + std::to_string(i) + ": &k" + std::to_string(i) + " [*k" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_THAT(kube::RenderDiagnostics(LoadText(chain, "a").diagnostics), HasSubstr("nested deeper than 100 levels"));
  EXPECT_TRUE(kube::HasErrors(LoadText(std::string(100000, '['), "a").diagnostics));
  EXPECT_TRUE(kube::HasErrors(LoadText("a: &a [*a]", "a").diagnostics));
  EXPECT_TRUE(kube::HasErrors(LoadText(std::string("kind\0: x", 8), "a").diagnostics));
}

TEST(Loader, TellsOfTheSameObjectTwice) {
  const std::string text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n";
  EXPECT_EQ(kube::RenderDiagnostics(LoadText(text + "---\n" + text, "a.yaml").diagnostics),
            "a.yaml:7:18: error: ConfigMap \"m\" in namespace default is already defined at a.yaml:1:1\n"
            "  metadata: {name: m}\n                   ^\n");
}

TEST(Loader, OnlyUnsupportedKindsAreAnError) {
  const std::string job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\n";
  const std::string map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n";
  const Loaded alone = LoadText(job, "a.yaml");
  EXPECT_TRUE(kube::HasErrors(alone.diagnostics));
  EXPECT_THAT(kube::RenderDiagnostics(alone.diagnostics), HasSubstr("a.yaml: error: no object of a kind that this version"));
  EXPECT_FALSE(kube::HasErrors(LoadText(job + "---\n" + map, "a.yaml").diagnostics));
  EXPECT_FALSE(kube::HasErrors(LoadText(job, "a.yaml", {.require_objects = false}).diagnostics));
}

TEST(Loader, ValueOfAWrongTypeIsNotMissingAsWell) {
  const std::string text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: no}\n";
  const std::string told = kube::RenderDiagnostics(LoadText(text, "a.yaml").diagnostics);
  EXPECT_THAT(told, HasSubstr("must be a string, not the boolean no"));
  EXPECT_THAT(told, testing::Not(HasSubstr("Required value")));
}

TEST(Loader, AddressIsNoFile) {
  const auto loaded = Load({"https://example.com/a.yaml"}, {});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message(), HasSubstr("curl -fsSL https://example.com/a.yaml | skiff kube"));
}

class LoaderFiles : public testing::Test {
 protected:
  LoaderFiles() : folder_(::mkdtemp(path_)) {}
  ~LoaderFiles() override { (void)common::RemoveTree(folder_); }
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    EXPECT_TRUE(common::WriteFile(path, text));
    return path;
  }
  static std::string ConfigMapNamed(const std::string& name) {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n";
  }
  static std::vector<std::string> Names(const Loaded& loaded) {
    std::vector<std::string> names;
    for (const kube::Object& object : loaded.objects) names.push_back(object.metadata().name);
    return names;
  }

 private:
  char path_[32] = "/tmp/skiff-loader-XXXXXX";

 protected:
  std::string folder_;
};

TEST_F(LoaderFiles, ReadsFoldersInOrder) {
  Write("b.yml", ConfigMapNamed("b"));
  Write("a.yaml", ConfigMapNamed("a"));
  Write("c.json", R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}})");
  Write("notes.txt", "not a manifest");
  ASSERT_TRUE(common::MakeDirectories(folder_ + "/deeper"));
  Write("deeper/d.yaml", ConfigMapNamed("d"));
  const auto flat = Load({folder_});
  ASSERT_TRUE(flat);
  EXPECT_THAT(Names(*flat), ElementsAre("a", "b", "c"));
  const auto deep = Load({folder_}, {.recursive = true});
  ASSERT_TRUE(deep);
  EXPECT_THAT(Names(*deep), ElementsAre("a", "b", "c", "d"));
}

TEST_F(LoaderFiles, CollectsTheErrorsOfAllFiles) {
  const std::string a = Write("a.yaml", "apiVersion: v1\nkind: Pod\n"), b = Write("b.yaml", "kind: [\n");
  const auto loaded = Load({a, b});
  ASSERT_TRUE(loaded);
  const std::string text = kube::RenderDiagnostics(loaded->diagnostics);
  EXPECT_THAT(text, HasSubstr(a + ":1:1: error: metadata: Required value"));
  EXPECT_THAT(text, HasSubstr(b + ":1:7: error: not valid YAML"));
}

TEST_F(LoaderFiles, NamesWhatCannotBeRead) {
  EXPECT_EQ(Load({folder_ + "/absent.yaml"}).error().message(), folder_ + "/absent.yaml: No such file or directory");
  EXPECT_EQ(Load({folder_}).error().message(), folder_ + ": the folder holds no .yaml, .yml or .json file");
}

}  // namespace
}  // namespace skiff::manifests

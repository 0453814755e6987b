#include "pod/state/state_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"
#include "common/ids.h"
#include "pod/state/sqlite.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StateStoreTest : public ::testing::Test {
 protected:
  StateStoreTest() {
    char pattern[] = "/tmp/skiff-store-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    path_ = directory_ + "/state.db";
  }
  ~StateStoreTest() override { (void)common::RemoveTree(directory_); }

  std::unique_ptr<StateStore> Open() {
    auto store = StateStore::Open(path_);
    EXPECT_TRUE(store) << store.error().message();
    return store ? std::move(*store) : nullptr;
  }
  static PodRecord Pod(const std::string& name, const std::string& kube_namespace = "default") {
    PodRecord pod{.id = common::NewId(), .created = "2026-01-02T03:04:05Z"};
    pod.spec.name = name;
    pod.spec.kube_namespace = kube_namespace;
    return pod;
  }
  static ContainerRecord Container(const PodRecord& pod, const std::string& name, const std::string& image = "image1") {
    ContainerRecord container{.id = common::NewId(), .pod_id = pod.id, .name = name, .image_id = image};
    container.command = {"sh", "-c", "true"};
    container.spec.name = name;
    return container;
  }

  std::string directory_;
  std::string path_;
};

TEST_F(StateStoreTest, PodsAndContainersComeBack) {
  const PodRecord pod = Pod("web");
  const ContainerRecord setup = Container(pod, "web-setup");
  const ContainerRecord app = Container(pod, "web-app");
  ASSERT_TRUE(Open()->InsertPod(pod, {setup, app}, {"data"}, false));

  const auto store = Open();
  const auto stored = store->GetPod(pod.id);
  ASSERT_TRUE(stored && *stored);
  EXPECT_EQ((*stored)->spec.name, "web");
  const auto containers = store->Containers(pod.id);
  ASSERT_TRUE(containers);
  ASSERT_EQ(containers->size(), 2u);
  EXPECT_EQ((*containers)[0].id, setup.id);
  EXPECT_THAT((*containers)[1].command, ElementsAre("sh", "-c", "true"));
  EXPECT_THAT(*store->FindPods("default", "web"), ElementsAre(pod.id));
  EXPECT_THAT(*store->FindPods("other", "web"), IsEmpty());
  EXPECT_THAT(*store->FindPodsByPrefix(pod.id.substr(0, 12)), ElementsAre(pod.id));
  EXPECT_THAT(*store->FindContainersByName("web-app"), ElementsAre(app.id));
  EXPECT_THAT(*store->VolumeUsers("data"), ElementsAre("default/web"));
}

TEST_F(StateStoreTest, NamesAreUniquePerNamespace) {
  const auto store = Open();
  ASSERT_TRUE(store->InsertPod(Pod("web"), {}, {}, false));
  ASSERT_TRUE(store->InsertPod(Pod("web", "shop"), {}, {}, false));
  const auto again = store->InsertPod(Pod("web", "shop"), {}, {}, false);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kExists);
  EXPECT_THAT(again.error().message(), HasSubstr("\"web\" is in use in namespace shop"));
}

TEST_F(StateStoreTest, ATakenContainerNameUndoesTheWholePod) {
  const auto store = Open();
  const PodRecord first = Pod("a");
  ASSERT_TRUE(store->InsertPod(first, {Container(first, "app")}, {}, false));
  const PodRecord second = Pod("b");
  const auto refused = store->InsertPod(second, {Container(second, "app")}, {}, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kExists);
  EXPECT_FALSE(store->GetPod(second.id)->has_value());

  const ContainerRecord renamed = Container(second, "app");
  ASSERT_TRUE(store->InsertPod(second, {renamed}, {}, true));
  EXPECT_EQ((*store->GetContainer(renamed.id))->name, "app-" + renamed.id.substr(0, 6));
}

TEST_F(StateStoreTest, WhatIsDeletedIsGoneAndCanBeDeletedAgain) {
  const auto store = Open();
  const PodRecord one = Pod("one");
  const PodRecord two = Pod("two");
  const ContainerRecord extra = Container(two, "c", "image2");
  ASSERT_TRUE(store->InsertPod(one, {Container(one, "a")}, {}, false));
  ASSERT_TRUE(store->InsertPod(two, {Container(two, "b"), extra}, {}, false));
  EXPECT_TRUE(store->DeletePod(one.id));
  EXPECT_TRUE(store->DeleteContainer(extra.id));
  EXPECT_EQ(store->Containers()->size(), 1u);
  EXPECT_TRUE(store->DeletePod(two.id));
  EXPECT_TRUE(store->DeletePod(two.id));
  EXPECT_THAT(*store->Containers(), IsEmpty());
}

TEST_F(StateStoreTest, AUsedVolumeCannotBeDeleted) {
  const auto store = Open();
  const PodRecord pod = Pod("db");
  ASSERT_TRUE(store->InsertPod(pod, {}, {"data"}, false));
  EXPECT_EQ(store->DeleteVolume("data").error().code(), ErrorCode::kBusy);
  EXPECT_EQ(store->DeleteVolume("nope").error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(store->DeletePod(pod.id));
  EXPECT_TRUE(store->DeleteVolume("data"));
}

TEST_F(StateStoreTest, VolumesGoWithTheLastPodThatUsesThem) {
  const auto store = Open();
  const PodRecord one = Pod("one"), two = Pod("two");
  ASSERT_TRUE(store->InsertPod(one, {}, {"shared", "own", "kept"}, false));
  ASSERT_TRUE(store->InsertPod(two, {}, {"shared"}, false));
  ASSERT_TRUE(store->DeletePod(one.id, {"shared", "own", "never-there"}));
  const auto names = [&] {
    std::vector<std::string> found;
    const auto volumes = store->Volumes();
    EXPECT_TRUE(volumes);
    for (const auto& volume : *volumes) found.push_back(volume.name);
    return found;
  };
  EXPECT_THAT(names(), ::testing::UnorderedElementsAre("shared", "kept"));
  ASSERT_TRUE(store->DeletePod(two.id, {"shared"}));
  EXPECT_THAT(names(), ElementsAre("kept"));
}

TEST_F(StateStoreTest, ObjectsAreReplacedByName) {
  const auto store = Open();
  StateStore::Object object{.kind = "Deployment", .kube_namespace = "default", .name = "web", .json = "{}", .revision = "1"};
  ASSERT_TRUE(store->PutObject(object));
  object.revision = "2";
  ASSERT_TRUE(store->PutObject(object));
  EXPECT_EQ((*store->GetObject("Deployment", "default", "web"))->revision, "2");
  EXPECT_EQ(store->Objects("")->size(), 1u);
  EXPECT_EQ(store->Objects("ConfigMap")->size(), 0u);
  ASSERT_TRUE(store->DeleteObject("Deployment", "default", "web"));
  EXPECT_FALSE(store->GetObject("Deployment", "default", "web")->has_value());
}

TEST_F(StateStoreTest, OfSixteenProcessesOneGetsTheName) {
  std::vector<pid_t> children;
  for (int i = 0; i < 16; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      auto store = StateStore::Open(path_);
      if (!store) ::_exit(2);
      const auto inserted = (*store)->InsertPod(Pod("web"), {}, {}, false);
      ::_exit(inserted ? 0 : inserted.error().code() == ErrorCode::kExists ? 1 : 2);
    }
    children.push_back(pid);
  }
  std::vector<int> codes(3);
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFEXITED(status));
    ++codes.at(static_cast<size_t>(WEXITSTATUS(status)));
  }
  EXPECT_THAT(codes, ElementsAre(1, 15, 0));
  EXPECT_EQ(Open()->Pods()->size(), 1u);
}

TEST_F(StateStoreTest, ADamagedFileIsKeptAndNamed) {
  const std::string damage(4096, 'x');
  ASSERT_TRUE(common::WriteFile(path_, damage));
  const auto store = StateStore::Open(path_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code(), ErrorCode::kInvalid);
  EXPECT_THAT(store.error().message(), HasSubstr("mv " + path_));
  EXPECT_EQ(*common::ReadFile(path_), damage);
}

TEST_F(StateStoreTest, ANewerSchemaIsRefusedUntouched) {
  Open();
  {
    auto database = Database::Open(path_);
    ASSERT_TRUE((*database)->ExecuteScript("PRAGMA user_version = 4711"));
  }
  const auto store = StateStore::Open(path_);
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message(), HasSubstr("written by a newer skiff (schema 4711"));
}

TEST_F(StateStoreTest, AKilledWriterLeavesNothingAndBlocksNobody) {
  Open();
  const pid_t pid = ::fork();
  if (pid == 0) {
    auto database = Database::Open(path_);
    auto transaction = WriteTransaction::Begin(**database);
    (void)(*database)->ExecuteScript("INSERT INTO settings VALUES ('half', 'done')");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto store = Open();
  EXPECT_EQ(*store->GetSetting("half"), "");
  ASSERT_TRUE(store->PutSetting("half", "whole"));
  EXPECT_EQ(*store->GetSetting("half"), "whole");
}

}  // namespace
}  // namespace skiff::pod

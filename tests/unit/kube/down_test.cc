#include "kube/play/down.h"

#include <gmock/gmock.h>

#include "fake_backend.h"
#include "kube/play/play.h"
#include "objects.h"

namespace skiff::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class DownTest : public testing::Test {
 protected:
  void SetUp() override {
    Object user = MakePod("user");
    Volume data{.name = "data"};
    data.persistent_volume_claim = PersistentVolumeClaimVolumeSource{"store"};
    user.As<Pod>()->spec.volumes.push_back(data);
    objects_ = {MakeClaim("store"), MakeSecret("s", {{"k", "v"}}), user, MakeDeployment("web", 2)};
    const PlayReport report =
        Play(objects_, {.workers = 2, .node = NodeInfo{"node", 1000, 1 << 30, 1 << 30}}, FakeFactory(engine_));
    ASSERT_THAT(report.errors, IsEmpty());
    other_ = engine_.pods.emplace_back(pod::PodInfo{.id = "other", .name = "other"});
  }
  DownReport DownAll(bool force = false) { return Down(objects_, {.force = force}, FakeFactory(engine_)); }

  FakeEngine engine_;
  std::vector<Object> objects_;
  pod::PodInfo other_;
};

TEST_F(DownTest, RemovesPodsAndObjectsButKeepsClaims) {
  const DownReport report = DownAll();
  EXPECT_THAT(report.errors, IsEmpty());
  EXPECT_THAT(report.pods_stopped, SizeIs(3));
  EXPECT_THAT(report.pods_removed, SizeIs(3));
  EXPECT_THAT(report.secrets_removed, SizeIs(1));
  EXPECT_THAT(report.volumes_removed, IsEmpty());
  ASSERT_THAT(engine_.pods, SizeIs(1));
  EXPECT_EQ(engine_.pods[0].id, "other");
  ASSERT_THAT(engine_.objects, SizeIs(1));
  EXPECT_TRUE(engine_.objects.contains("PersistentVolumeClaim/default/store"));
  EXPECT_TRUE(engine_.volumes.contains("store"));
}

TEST_F(DownTest, ForceRemovesTheVolumesToo) {
  const DownReport report = DownAll(true);
  EXPECT_THAT(report.volumes_removed, ElementsAre("store"));
  EXPECT_THAT(engine_.volumes, IsEmpty());
  EXPECT_THAT(engine_.objects, IsEmpty());
}

TEST_F(DownTest, WhatIsGoneIsNoError) {
  DownAll(true);
  const DownReport report = DownAll(true);
  EXPECT_THAT(report.errors, IsEmpty());
  EXPECT_THAT(report.pods_removed, IsEmpty());
}

TEST_F(DownTest, GoesOnAfterAFailure) {
  engine_.unremovable.insert("user");
  const DownReport report = DownAll();
  ASSERT_THAT(report.errors, SizeIs(1));
  EXPECT_THAT(report.errors[0].message(), HasSubstr("pod \"user\": its mount is busy"));
  EXPECT_THAT(report.pods_removed, SizeIs(2));
}

}  // namespace
}  // namespace skiff::kube

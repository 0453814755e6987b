#include "pod/state/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/clock.h"
#include "common/file.h"
#include "pod/engine_events.h"
#include "tests/unit/temporary_directory.h"

namespace skiff::pod {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class JournalTest : public testing::Test {
 protected:
  JournalTest() { paths_.run_dir = directory_.path(); }

  void Append(const std::string& name) { ASSERT_TRUE(AppendToJournal(paths_, {{.type = "volume", .status = "create", .name = name}})); }
  // What it fills is one event.
  void AppendLarge(const std::string& name, size_t bytes) {
    ASSERT_TRUE(AppendToJournal(paths_, {{.type = "volume", .name = name, .details = std::string(bytes, 'x')}}));
  }
  static std::vector<std::string> Names(JournalReader& reader) {
    std::vector<std::string> names;
    for (const EngineEvent& event : *reader.Next()) names.push_back(event.name);
    return names;
  }
  std::string File() const { return paths_.run_dir + "/" + kJournalFile; }

  TemporaryDirectory directory_;
  common::SystemPaths paths_;
};

TEST_F(JournalTest, ReadsWhatWasWrittenSinceTheLastTime) {
  JournalReader reader(paths_);
  EXPECT_THAT(Names(reader), IsEmpty());
  Append("a");
  Append("b");
  EXPECT_THAT(Names(reader), ElementsAre("a", "b"));
  EXPECT_THAT(Names(reader), IsEmpty());
  Append("c");
  EXPECT_THAT(Names(reader), ElementsAre("c"));
}

TEST_F(JournalTest, KeepsEverythingOfAnEvent) {
  ASSERT_TRUE(AppendToJournal(paths_, {{.time = "2026-01-02T03:04:05.000000006Z",
                                        .type = "container",
                                        .status = "died",
                                        .id = "c1",
                                        .name = "web",
                                        .image = "localhost/web:1",
                                        .pod_id = "p1",
                                        .details = "containerExitCode=3",
                                        .labels = {{"app", "web"}}}}));
  JournalReader reader(paths_);
  const auto events = reader.Next();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1u);
  const EngineEvent& event = events->front();
  EXPECT_EQ(event.time, "2026-01-02T03:04:05.000000006Z");
  EXPECT_EQ(event.image, "localhost/web:1");
  EXPECT_EQ(event.details, "containerExitCode=3");
  EXPECT_THAT(event.labels, ElementsAre(testing::Pair("app", "web")));
}

TEST_F(JournalTest, ALineThatIsBeingWrittenComesWhenItIsWhole) {
  JournalReader reader(paths_);
  Append("a");
  const std::string line = *common::ReadFile(File());
  ASSERT_TRUE(common::WriteFile(File(), line + R"({"type":"volume",)"));
  EXPECT_THAT(Names(reader), ElementsAre("a"));
  ASSERT_TRUE(common::WriteFile(File(), line + R"({"type":"volume","name":"b"})" + "\n"));
  EXPECT_THAT(Names(reader), ElementsAre("b"));
}

TEST_F(JournalTest, ALineThatCannotBeReadIsLeftOut) {
  Append("a");
  ASSERT_TRUE(common::WriteFile(File(), "not json\n" + *common::ReadFile(File())));
  JournalReader reader(paths_);
  EXPECT_THAT(Names(reader), ElementsAre("a"));
}

TEST_F(JournalTest, AFullFileBecomesTheOlderOneAndReadersGoOn) {
  JournalReader reader(paths_);
  Append("a");
  EXPECT_THAT(Names(reader), ElementsAre("a"));
  AppendLarge("fills", kJournalLimit);
  Append("b");
  EXPECT_TRUE(common::PathExists(File() + ".1"));
  EXPECT_THAT(Names(reader), ElementsAre("fills", "b"));
  JournalReader later(paths_);
  EXPECT_THAT(Names(later), ElementsAre("a", "fills", "b"));
}

TEST_F(JournalTest, TheOldestIsForgotten) {
  for (const char* name : {"a", "b", "c"}) AppendLarge(name, kJournalLimit);
  Append("d");
  JournalReader reader(paths_);
  EXPECT_THAT(Names(reader), ElementsAre("c", "d"));
}

// Beside podman's in the same file, for an hour.
TEST_F(JournalTest, KubernetesEventsOfGonePods) {
  const auto append = [&](const std::string& pod, std::chrono::minutes age) {
    const std::string time = common::FormatTime(common::Now() - age, true);
    const supervisor::Event event{.time = time, .first_time = time, .reason = "Started", .message = "Started container c", .object = "c", .count = 3};
    ASSERT_TRUE(AppendToJournal(paths_, {{.time = time, .type = kKubeEventType, .name = pod, .kube = KubeEvent{"default", "u-" + pod, event}}}));
  };
  GonePodEvents gone(paths_);
  EXPECT_THAT(*gone.Read(), IsEmpty());
  append("old", std::chrono::minutes(61));
  append("new", std::chrono::minutes(59));
  Append("volume");
  const auto events = *gone.Read();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].name, "new");
  EXPECT_EQ(events[0].kube->uid, "u-new");
  EXPECT_EQ(events[0].kube->event.object, "c");
  EXPECT_EQ(events[0].kube->event.count, 3);
  append("another", std::chrono::minutes(0));
  EXPECT_EQ(gone.Read()->size(), 2U);
}

}  // namespace
}  // namespace skiff::pod

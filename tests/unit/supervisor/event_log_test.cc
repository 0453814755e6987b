#include "pod/supervisor/event_log.h"

#include <gtest/gtest.h>

#include "common/file.h"
#include "tests/unit/temporary_directory.h"

namespace skiff::supervisor {
namespace {

Event Unhealthy(const std::string& time) {
  return {.time = time, .type = "Warning", .reason = "Unhealthy", .message = "Liveness probe failed: timeout", .object = "app"};
}

TEST(EventLog, MissingFileIsEmpty) {
  TemporaryDirectory directory;
  const auto events = EventLog(directory.path()).Read();
  ASSERT_TRUE(events);
  EXPECT_TRUE(events->empty());
}

TEST(EventLog, RepeatsAreCountedAndMoveToTheEnd) {
  TemporaryDirectory directory;
  const EventLog log(directory.path());
  ASSERT_TRUE(log.Append(Unhealthy("2026-01-01T00:00:01Z")));
  ASSERT_TRUE(log.Append({.time = "2026-01-01T00:00:02Z", .reason = "Started", .message = "Started container app"}));
  ASSERT_TRUE(log.Append(Unhealthy("2026-01-01T00:00:03Z")));
  const auto events = log.Read();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[0].reason, "Started");
  EXPECT_EQ((*events)[1].count, 2);
  EXPECT_EQ((*events)[1].first_time, "2026-01-01T00:00:01Z");
  EXPECT_EQ((*events)[1].time, "2026-01-01T00:00:03Z");
}

TEST(EventLog, StaysSmallAndKeepsTheCount) {
  TemporaryDirectory directory;
  const EventLog log(directory.path());
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(log.Append(Unhealthy("")));
  const auto text = common::ReadFile(directory.path() + "/" + kEventsFile);
  ASSERT_TRUE(text);
  EXPECT_LE(text->size(), kEventLogLimit);
  const auto events = log.Read();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1u);
  EXPECT_EQ(events->front().count, 500);
}

TEST(EventLog, DifferentEventsAreBoundedInNumber) {
  TemporaryDirectory directory;
  const EventLog log(directory.path());
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(log.Append({.reason = "Killing", .message = fmt::format("number {}", i)}));
  const auto events = log.Read();
  ASSERT_TRUE(events);
  EXPECT_EQ(events->back().message, "number 499");
  EXPECT_GE(events->size(), kEventsKept);
  EXPECT_LT(events->size(), 500u);
}

TEST(EventLog, TornLineCostsOnlyItself) {
  TemporaryDirectory directory;
  const EventLog log(directory.path());
  ASSERT_TRUE(common::WriteFile(directory.path() + "/" + kEventsFile, R"({"reason":"Created"})" "\n" R"({"reason":"Sta)"));
  ASSERT_TRUE(log.Append({.reason = "Killing"}));
  const auto events = log.Read();
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[0].reason, "Created");
  EXPECT_EQ((*events)[1].reason, "Killing");
}

}  // namespace
}  // namespace skiff::supervisor

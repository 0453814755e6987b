#include "pod/supervisor/exit_record.h"

#include <gmock/gmock.h>

namespace skiff::supervisor {
namespace {

TEST(ExitRecord, RoundTrip) {
  ExitRecord record;
  record.pid = 4711;
  record.start_time = 18446744073709551615u;
  record.status = common::ExitStatus{0, 9};
  record.time = common::ParseTime("2026-01-02T03:04:05.123456789Z").value();
  const auto parsed = ParseExit(FormatExit(record));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->pid, 4711);
  EXPECT_EQ(parsed->start_time, record.start_time);
  EXPECT_EQ(parsed->status.value().ToCode(), 137);
  EXPECT_EQ(parsed->time, record.time);
}

TEST(ExitRecord, AnEndThatNobodySawHasNoStatus) {
  ExitRecord record;
  record.pid = 1;
  const auto parsed = ParseExit(FormatExit(record));
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->status);
}

TEST(ExitRecord, WhatIsNotARecordIsRefused) {
  for (const char* line : {"", "1 2 3 4", "1 2 3 4 5 6", "a 2 3 4 5", "1 -2 3 4 5", "1 2 3 4 5x"})
    EXPECT_FALSE(ParseExit(line)) << line;
}

TEST(ExitRecord, ALineWithoutItsEndIsSkipped) {
  const auto records = ParseExits("10 1 0 0 5\nbroken\n11 1 3 0 6\n12 1 7 0");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].pid, 10);
  EXPECT_EQ(records[1].status->code, 3);
  EXPECT_TRUE(ParseExits("").empty());
}

}  // namespace
}  // namespace skiff::supervisor

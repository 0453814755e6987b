#include "pod/supervisor/packet_queue.h"

#include <gmock/gmock.h>

#include "tests/unit/temporary_directory.h"

namespace skiff::supervisor {
namespace {

std::string Packet(int number) { return fmt::format("{}:", number) + std::string(30'000, 'a' + number % 26); }

TEST(PacketQueue, KeepsTheOrderThroughTheFile) {
  const TemporaryDirectory directory;
  PacketQueue queue(directory.path());
  EXPECT_TRUE(queue.empty());
  int pushed = 0, popped = 0;
  const auto pop = [&] {
    ASSERT_EQ(queue.front(), Packet(popped)) << popped;
    ASSERT_TRUE(queue.Pop());
    ++popped;
  };
  // Three times the memory's limit, then a mix of both ends, so that packets pass the border in both directions.
  while (pushed < 100) ASSERT_TRUE(queue.Push(Packet(pushed++)));
  for (int i = 0; i < 60; ++i) pop();
  while (pushed < 150) ASSERT_TRUE(queue.Push(Packet(pushed++)));
  while (!queue.empty()) pop();
  EXPECT_EQ(popped, 150);
  ASSERT_TRUE(queue.Push("again"));
  EXPECT_EQ(queue.front(), "again");
}

}  // namespace
}  // namespace skiff::supervisor

#include "network/port_holder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "temp_folder.h"

namespace skiff::network {
namespace {

constexpr char kHead[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
// 0.0.0.0:8080 listening, 127.0.0.1:53 listening, 10.0.0.5:9000 in TIME_WAIT
constexpr char kTcp[] =
    "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1111 1 0 100 "
    "0 0 10 0\n"
    "   1: 0100007F:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 2222 1 0 100 "
    "0 0 10 0\n"
    "   2: 0500000A:2328 0600000A:C350 06 00000000:00000000 03:000007D0 00000000     0        0 0 3 0\n";
// [::]:7070, [::ffff:127.0.0.1]:7071, [fe80::1]:7072
constexpr char kTcp6[] =
    "   0: 00000000000000000000000000000000:1B9E 00000000000000000000000000000000:0000 0A 00000000:00000000 "
    "00:00000000 "
    "00000000     0        0 3333 1 0 100 0 0 10 0\n"
    "   1: 0000000000000000FFFF00000100007F:1B9F 00000000000000000000000000000000:0000 0A 00000000:00000000 "
    "00:00000000 "
    "00000000     0        0 4444 1 0 100 0 0 10 0\n"
    "   2: 000080FE000000000000000001000000:1BA0 00000000000000000000000000000000:0000 0A 00000000:00000000 "
    "00:00000000 "
    "00000000     0        0 5555 1 0 100 0 0 10 0\n";

TEST(SocketTable, Ipv4) {
  const auto entries = ParseSocketTable(std::string(kHead) + kTcp, false);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].address.ToString(), "0.0.0.0");
  EXPECT_EQ(entries[0].port, 8080);
  EXPECT_EQ(entries[0].inode, 1111u);
  EXPECT_FALSE(entries[0].time_wait);
  EXPECT_EQ(entries[1].address.ToString(), "127.0.0.1");
  EXPECT_TRUE(entries[2].time_wait);
}

TEST(SocketTable, Ipv6) {
  const auto entries = ParseSocketTable(std::string(kHead) + kTcp6, true);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].address.ToString(), "::");
  EXPECT_EQ(entries[1].address.ToString(), "127.0.0.1") << "mapped";
  EXPECT_EQ(entries[2].address.ToString(), "fe80::1");
}

TEST(SocketTable, OddText) {
  EXPECT_TRUE(ParseSocketTable("", false).empty());
  EXPECT_TRUE(ParseSocketTable(kHead, false).empty());
  EXPECT_TRUE(
      ParseSocketTable(std::string(kHead) + "garbage\n\n 0: zz:yy 1 2 3 4 5 6 7 8 9\n", false).empty());
}

class PortUseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.Write("net/tcp", std::string(kHead) + kTcp);
    folder_.Write("net/tcp6", std::string(kHead) + kTcp6);
    folder_.Write("4711/comm", "nginx\n");
    folder_.Write("4711/fd/.keep", "");
    ASSERT_EQ(::symlink("/dev/null", (folder_.path() + "/4711/fd/0").c_str()), 0);
    ASSERT_EQ(::symlink("socket:[1111]", (folder_.path() + "/4711/fd/5").c_str()), 0);
    folder_.Write("self/comm", "not a number\n");
  }
  PortUse Find(const Port& port) { return FindPortUse(folder_.path(), port); }
  TempFolder folder_;
};

TEST_F(PortUseTest, NamesTheProgram) {
  const PortUse use = Find({"", 8080, 80, "tcp"});
  EXPECT_TRUE(use.in_use);
  EXPECT_EQ(use.program, "nginx (pid 4711)");
  EXPECT_EQ(Find({"10.1.2.3", 8080, 80, "tcp"}).program, "nginx (pid 4711)")
      << "a wildcard takes every address";
}

TEST_F(PortUseTest, InvisibleProgram) {
  const PortUse use = Find({"", 53, 53, "tcp"});
  EXPECT_TRUE(use.in_use);
  EXPECT_EQ(use.program, "");
}

TEST_F(PortUseTest, OtherAddressesAndProtocolsDoNotConflict) {
  EXPECT_FALSE(Find({"10.1.2.3", 53, 53, "tcp"}).in_use);
  EXPECT_TRUE(Find({"127.0.0.1", 53, 53, "tcp"}).in_use);
  EXPECT_FALSE(Find({"", 8080, 80, "udp"}).in_use);
  EXPECT_TRUE(Find({"127.0.0.1", 7071, 80, "tcp"}).in_use) << "over a mapped address";
  EXPECT_FALSE(Find({"10.1.2.3", 7072, 80, "tcp"}).in_use);
  EXPECT_TRUE(Find({"fe80::1", 7072, 80, "tcp"}).in_use);
  EXPECT_FALSE(Find({"fe80::2", 7072, 80, "tcp"}).in_use);
  EXPECT_FALSE(Find({"::1", 8080, 80, "tcp"}).in_use) << "0.0.0.0 takes no IPv6";
  EXPECT_TRUE(Find({"::1", 7070, 80, "tcp"}).in_use);
  EXPECT_TRUE(Find({"10.1.2.3", 7070, 80, "tcp"}).in_use) << "the wildcard of IPv6 takes IPv4, too";
}

TEST_F(PortUseTest, PastConnectionsAreNoUse) {
  const PortUse use = Find({"", 9000, 80, "tcp"});
  EXPECT_FALSE(use.in_use);
  EXPECT_TRUE(use.only_time_wait);
  EXPECT_FALSE(Find({"", 9001, 80, "tcp"}).only_time_wait);
}

}  // namespace
}  // namespace skiff::network

// Netlink sockets whose answers get lost (ENOBUFS) or whose calls are interrupted (EINTR): what the kernel does when it has
// no room for an answer cannot be brought about at will, so the calls of the C library are replaced here. Needs the sandbox.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "common/file.h"
#include "net_lab.h"
#include "network/host_routes.h"
#include "network/links.h"
#include "network/netfilter_socket.h"
#include "network/network.h"
#include "network/nft_ruleset.h"
#include "network/rtnetlink.h"

namespace {

struct Fault {
  int error = 0;    // 0: none
  int after = 0;    // answers before
  int count = 0;    // then so many fail
  int seen = 0;     // answers in all
};
Fault fault;

bool IsNetlink(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK;
}

// ENOBUFS takes an answer away as the kernel does, EINTR leaves it in the queue. Looking at the size (MSG_PEEK, as libnl does)
// is no reading.
bool Fails(int fd, int flags) {
  if (fault.error == 0 || (flags & MSG_PEEK) || !IsNetlink(fd)) return false;
  char one;
  const bool any = ::syscall(SYS_recvfrom, fd, &one, sizeof one, MSG_PEEK | (flags & MSG_DONTWAIT), nullptr, nullptr) >= 0;
  if (!any) return false;
  ++fault.seen;
  if (fault.after > 0) {
    --fault.after;
    return false;
  }
  if (fault.count <= 0) return false;
  --fault.count;
  if (fault.error == ENOBUFS) (void)::syscall(SYS_recvfrom, fd, &one, sizeof one, 0, nullptr, nullptr);
  errno = fault.error;
  return true;
}

template <typename Call>
Call* Real(const char* name) {
  return reinterpret_cast<Call*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  static auto* const real = Real<decltype(recv)>("recv");
  return Fails(fd, flags) ? -1 : real(fd, buffer, size, flags);
}
extern "C" ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static auto* const real = Real<decltype(recvmsg)>("recvmsg");
  return Fails(fd, flags) ? -1 : real(fd, message, flags);
}

namespace skiff::network {
namespace {

using ::testing::HasSubstr;

class NetlinkFaultsRootTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::getenv("SKIFF_SANDBOX") == nullptr) GTEST_SKIP() << "changes links and rules: run it under tests/support/sandbox";
  }
  void TearDown() override { fault = {}; }

  static NftBatch OneTable() {
    NftBatch batch;
    const UniqueTable table(nftnl_table_alloc());
    nftnl_table_set_str(table.get(), NFTNL_TABLE_NAME, "faults");
    batch.AddTable(table.get(), NFPROTO_INET, NLM_F_EXCL);
    return batch;
  }
};

TEST_F(NetlinkFaultsRootTest, ListingsAreReadAgain) {
  for (const int error : {ENOBUFS, EINTR}) {
    auto host = RtnlSocket::Open();
    ASSERT_TRUE(host);
    const auto expected = HostSubnets(*host);
    ASSERT_TRUE(expected);
    for (int after = 0; after < 4; ++after) {
      fault = {error, after, 2};
      const auto subnets = HostSubnets(*host);
      ASSERT_TRUE(subnets) << subnets.error().message();
      EXPECT_EQ(subnets->size(), expected->size());
      EXPECT_EQ(fault.count, 0) << "the fault has not come about";
    }
  }
}

TEST_F(NetlinkFaultsRootTest, AChangeWhoseAnswerIsLostIsAnErrorAndTheNextOneGetsItsOwn) {
  auto host = RtnlSocket::Open();
  ASSERT_TRUE(host);
  fault = {ENOBUFS, 0, 1};
  const auto lost = DeleteLink(*host, "no-such-link");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().errno_value(), ENOBUFS);
  EXPECT_THAT(lost.error().message(), HasSubstr("answer was lost"));
  fault = {};
  EXPECT_TRUE(LinkIndex(*host, "lo"));
  EXPECT_FALSE(LinkIndex(*host, "no-such-link"));
}

TEST_F(NetlinkFaultsRootTest, TransactionsThatAreRefusedSayWhyEvenSo) {
  auto socket = NetfilterSocket::Open();
  ASSERT_TRUE(socket);
  ASSERT_TRUE(socket->Apply(OneTable(), "make a table"));
  for (const int error : {ENOBUFS, EINTR}) {
    fault = {error, 0, 1};
    const auto failures = socket->Commit(OneTable());
    ASSERT_TRUE(failures) << failures.error().message();
    ASSERT_EQ(failures->size(), 1u);
    EXPECT_EQ(failures->front().error, EEXIST);
    EXPECT_EQ(fault.count, 0);
  }
  fault = {};
  Shell("nft delete table inet faults");
}

// Each answer in turn is lost while a pod is attached: it is attached, or nothing is left of it.
TEST_F(NetlinkFaultsRootTest, NothingIsLeftOfAnAttachmentThatFails) {
  std::string folder = "/tmp/netlink-faults-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  common::SystemPaths paths;
  paths.state_dir = folder + "/state";
  paths.run_dir = folder + "/run";
  paths.config_dir = folder + "/config";
  Network network(paths);
  const auto state = [] { return Shell("ip -o link | sed 's/^[0-9]*: //'; ip -4 route; nft list ruleset"); };
  const auto definition = network.Find(Network::kDefaultName);
  ASSERT_TRUE(definition);
  const std::string before = state();
  int attached = 0, failed = 0;
  for (const int error : {ENOBUFS, EINTR}) {
    // What is interrupted is only called again: a few of those will do.
    for (int after = 0;; after += error == EINTR ? 7 : 1) {
      LabNamespace pod;
      const std::string id = "pod" + std::to_string(after);
      ASSERT_TRUE(network.Reserve(*definition, id));
      fault = {error, after, 1};
      const auto result = network.Attach(id, pod.pid());
      const bool came = fault.count == 0;
      fault = {};
      ++(result ? attached : failed);
      if (!result) {
        EXPECT_EQ(result.error().errno_value(), ENOBUFS) << result.error().message();
      }
      ASSERT_TRUE(network.Detach(id));
      ASSERT_EQ(state(), before) << "after answer " << after << (result ? " (attached)" : "");
      if (!came) break;  // an attachment has no more answers than that
      ASSERT_LT(after, 1000);
    }
  }
  EXPECT_GT(attached, 10);
  EXPECT_GT(failed, 0);
  EXPECT_TRUE(common::RemoveTree(folder));
}

}  // namespace
}  // namespace skiff::network

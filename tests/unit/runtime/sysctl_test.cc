#include "runtime/sysctl.h"

#include <gtest/gtest.h>

namespace skiff::runtime {
namespace {

TEST(Sysctl, BothForms) {
  EXPECT_EQ(*SysctlPath("net.ipv4.ip_forward"), "net/ipv4/ip_forward");
  EXPECT_EQ(*SysctlPath("net/ipv4/ip_forward"), "net/ipv4/ip_forward");
  EXPECT_EQ(*SysctlPath("net/ipv4/conf/eth0.1/forwarding"), "net/ipv4/conf/eth0.1/forwarding");
  EXPECT_EQ(*SysctlPath("net.ipv4.conf.eth0/1.forwarding"), "net/ipv4/conf/eth0.1/forwarding");
}

TEST(Sysctl, OnlyNamespacedOnes) {
  for (const char* name :
       {"kernel.shm_rmid_forced", "kernel.msgmax", "kernel.sem", "fs.mqueue.msg_max", "kernel.domainname"})
    EXPECT_TRUE(SysctlPath(name)) << name;
  for (const char* name : {"vm.swappiness", "kernel.panic", "fs.file-max", "kernel.semx"}) {
    const auto path = SysctlPath(name);
    ASSERT_FALSE(path) << name;
    EXPECT_EQ(path.error().message(),
              std::string("sysctl \"") + name + "\" is not namespaced: it would change the whole machine");
  }
}

TEST(Sysctl, NothingLeavesTheTree) {
  for (const char* name :
       {"", "/net/x", "net/../vm/swappiness", "net//x", "net/x/", "net.ipv4. x", "net/./x", "net...vm"})
    EXPECT_FALSE(SysctlPath(name)) << name;
}

}  // namespace
}  // namespace skiff::runtime

#include "cli/notation/ports.h"

#include <gmock/gmock.h>

namespace skiff::cli {
namespace {

using testing::HasSubstr;

common::Result<uint16_t> AlwaysFree(const std::string&, pod::Protocol, int) { return uint16_t{40000}; }

std::string Text(std::string_view notation) {
  const auto ports = ParsePorts(notation, AlwaysFree);
  return ports ? PortsText(*ports) : "error: " + ports.error().message();
}

TEST(Ports, EveryForm) {
  EXPECT_EQ(Text("8080:80"), "0.0.0.0:8080->80/tcp");
  EXPECT_EQ(Text("127.0.0.1:8080:80/udp"), "127.0.0.1:8080->80/udp");
  EXPECT_EQ(Text("[::1]:8080:80"), "[::1]:8080->80/tcp");
  EXPECT_EQ(Text("80"), "0.0.0.0:40000->80/tcp");
  EXPECT_EQ(Text("127.0.0.1::80"), "127.0.0.1:40000->80/tcp");
  EXPECT_EQ(Text("8000-8002:80-82"), "0.0.0.0:8000-8002->80-82/tcp");
  EXPECT_EQ(Text("9000:90/sctp"), "0.0.0.0:9000->90/sctp");
  EXPECT_EQ(Text("8080:80/TCP"), "0.0.0.0:8080->80/tcp");
  EXPECT_EQ(Text("8080:80/Udp"), "0.0.0.0:8080->80/udp");
  EXPECT_EQ(Text(":80"), "0.0.0.0:40000->80/tcp");
  EXPECT_EQ(Text("[::1]::80"), "[::1]:40000->80/tcp");
  EXPECT_EQ(Text("80-82"), "0.0.0.0:40000-40002->80-82/tcp");
}

TEST(Ports, Mistakes) {
  EXPECT_THAT(Text("0:80"), HasSubstr("ports go from 1 to 65535"));
  EXPECT_THAT(Text("8080:70000"), HasSubstr("70000"));
  EXPECT_THAT(Text("8000-8001:80"), HasSubstr("2 host ports for 1 container ports"));
  EXPECT_THAT(Text("80:80/icmp"), HasSubstr("tcp, udp or sctp"));
  EXPECT_THAT(Text("1.2.3:80:80"), HasSubstr("not an IP address"));
  EXPECT_THAT(Text(""), HasSubstr("names no port of the container"));
  EXPECT_THAT(Text("8080:"), HasSubstr("\"8080:\" names no port of the container"));
  EXPECT_THAT(Text("a:b:c:d"), HasSubstr("not of the form"));
  EXPECT_THAT(Text("::1:8080:80"), HasSubstr("IPv6 addresses stand in brackets"));
  EXPECT_THAT(Text("::80"), HasSubstr("names no address before its first colon"));
  EXPECT_THAT(Text("[]:80:80"), HasSubstr("\"\" in \"[]:80:80\" is not an IP address"));
  EXPECT_THAT(Text("127.0.0.1:8080"), HasSubstr("127.0.0.1::8080 for any free port of the host, or 127.0.0.1:HOST:8080"));
  EXPECT_THAT(Text("[::1]:80"), HasSubstr("[::1]::80 for any free port of the host, or [::1]:HOST:80"));
  EXPECT_THAT(Text("80/"), HasSubstr("invalid protocol \"\" in \"80/\""));
  EXPECT_THAT(Text("80/tcp/udp"), HasSubstr("invalid protocol \"tcp/udp\""));
  EXPECT_THAT(Text("80-"), HasSubstr("invalid port \"80-\""));
  EXPECT_THAT(Text("90-80:90-80"), HasSubstr("ends before it begins"));
}

TEST(Ports, TextJoinsRangesAndSkipsUnpublished) {
  std::vector<pod::PortMapping> ports;
  ports.push_back({"", "", 8081, 81, pod::Protocol::kTcp});
  ports.push_back({"", "", 8080, 80, pod::Protocol::kTcp});
  ports.push_back({"", "", 0, 443, pod::Protocol::kTcp});
  ports.push_back({"", "10.0.0.1", 53, 53, pod::Protocol::kUdp});
  EXPECT_EQ(PortsText(ports), "0.0.0.0:8080-8081->80-81/tcp, 10.0.0.1:53->53/udp");
}

TEST(Ports, TheKernelKnowsFreePorts) {
  for (const int count : {1, 5}) {
    const auto port = FindFreePorts("127.0.0.1", pod::Protocol::kTcp, count);
    ASSERT_TRUE(port) << port.error().message();
    EXPECT_GT(*port, 1023);
    EXPECT_LE(*port + count - 1, 65535);
  }
  EXPECT_TRUE(FindFreePorts("::1", pod::Protocol::kUdp, 2));
}

}  // namespace
}  // namespace skiff::cli

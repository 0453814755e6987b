// The whole server on the loopback, with another one of ours as the host's resolver.
#include "network/dns/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "common/file.h"
#include "common/json_fields.h"
#include "network/dns/layout.h"
#include "network/dns/resolvers.h"
#include "network/dns/socket_address.h"
#include "temp_folder.h"

namespace skiff::dns {
namespace {

using testing::ElementsAre;

constexpr uint16_t kTestPort = 15353;

class DnsServer : public testing::Test {
 protected:
  void SetUp() override {
    WriteNetwork({.addresses = {"127.0.0.1"}, .servers = {"127.0.0.9"}});
    std::filesystem::create_directories(Pods());
    auto files = ZoneFiles::Open(folder.path(), "net");
    ASSERT_TRUE(files) << files.error().message();
    auto listening = Listen({"127.0.0.1"}, kTestPort);
    ASSERT_TRUE(listening) << listening.error().message();
    listeners = std::move(*listening);
    ASSERT_EQ(::pipe(keeper), 0);
    thread = std::thread([this, files = std::move(*files)]() mutable {
      const auto end = Server::Serve(listeners, std::move(files), keeper[0]);
      ended_well = end.has_value();
    });
  }
  void TearDown() override {
    std::filesystem::remove_all(Pods());  // the sign to end
    if (thread.joinable()) thread.join();
    EXPECT_TRUE(ended_well);
    ::close(keeper[0]);
    ::close(keeper[1]);
  }

  std::string Pods() { return network::DnsPodsDirectory(folder.path(), "net"); }
  void WriteNetwork(const network::DnsNetwork& network) {
    const std::string directory = network::DnsNetworkDirectory(folder.path(), "net");
    std::filesystem::create_directories(directory);
    ASSERT_TRUE(common::WriteFileAtomic(directory + "/network.json", common::EncodeJson(network)));
  }
  void WritePod(const std::string& id, const network::DnsPod& pod) {
    ASSERT_TRUE(common::WriteFileAtomic(Pods() + "/" + id + ".json", common::EncodeJson(pod)));
  }

  std::string AskUdp(const std::string& question) {
    const common::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto address = *SocketAddress::Parse("127.0.0.1", listeners.port);
    // As a resolver does: a socket whose buffer is full drops questions.
    for (int attempt = 0; attempt < 5; ++attempt) {
      EXPECT_EQ(::sendto(fd.get(), question.data(), question.size(), 0, address.get(), address.size()),
                static_cast<ssize_t>(question.size()));
      pollfd wait{fd.get(), POLLIN, 0};
      if (::poll(&wait, 1, 2'000) != 1) continue;
      char buffer[65536];
      const ssize_t size = ::recv(fd.get(), buffer, sizeof buffer, 0);
      return size > 0 ? std::string(buffer, static_cast<size_t>(size)) : "";
    }
    return "";
  }
  std::string AskTcp(const std::string& questions, size_t answers) {  // with their lengths
    const common::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = *SocketAddress::Parse("127.0.0.1", listeners.port);
    EXPECT_EQ(::connect(fd.get(), address.get(), address.size()), 0);
    EXPECT_TRUE(common::WriteAll(fd.get(), questions));
    std::string got;
    for (size_t seen = 0; seen < answers;) {
      char buffer[65536];
      pollfd wait{fd.get(), POLLIN, 0};
      if (::poll(&wait, 1, 10'000) != 1) break;
      const ssize_t size = ::recv(fd.get(), buffer, sizeof buffer, 0);
      if (size <= 0) break;
      got.append(buffer, static_cast<size_t>(size));
      seen = 0;
      for (size_t at = 0; at + 2 <= got.size(); ++seen) {
        at += 2u + (static_cast<size_t>(static_cast<uint8_t>(got[at])) << 8 | static_cast<uint8_t>(got[at + 1]));
        if (at > got.size()) break;
      }
    }
    return got;
  }
  static int RcodeOf(const std::string& answer) { return answer.size() < kHeaderSize ? -1 : answer[3] & 15; }

  network::TempFolder folder;
  Listeners listeners;
  int keeper[2] = {-1, -1};
  std::thread thread;
  bool ended_well = false;
};

TEST_F(DnsServer, AnswersAndFollowsTheFiles) {
  for (int i = 0; i < 200; ++i) {  // at once after each change: never what was before
    const std::string address = "10.0.0." + std::to_string(i + 1);
    WritePod("a", {.names = {"web"}, .addresses = {address}});
    const auto answer = ParseAnswer(AskUdp(EncodeQuestion(static_cast<uint16_t>(i), "web", kA)));
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->answers.size(), 1u);
    EXPECT_EQ(answer->answers[0].data, AddressData(address));
    ASSERT_TRUE(common::RemoveFile(Pods() + "/a.json"));
    EXPECT_EQ(RcodeOf(AskUdp(EncodeQuestion(1, "web.dns.podman", kA))), kNameError);
  }
}

TEST_F(DnsServer, ServicesAreForEveryNetwork) {
  network::DnsServices services;
  services.services.push_back({.name = "web", .kube_namespace = "default", .addresses = {"10.96.0.7"}});
  ASSERT_TRUE(common::WriteFileAtomic(folder.path() + "/services.json", common::EncodeJson(services)));
  const auto answer = ParseAnswer(AskUdp(EncodeQuestion(1, "web.default.svc.cluster.local", kA)));
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->answers.size(), 1u);
  ASSERT_TRUE(common::RemoveFile(folder.path() + "/services.json"));
  EXPECT_EQ(RcodeOf(AskUdp(EncodeQuestion(1, "web.default.svc.cluster.local", kA))), kNameError);
}

TEST_F(DnsServer, SeveralQuestionsOverOneConnection) {
  WritePod("a", {.names = {"web"}, .addresses = {"10.0.0.1"}});
  std::string questions;
  for (uint16_t i = 0; i < 20; ++i) {
    const std::string question = EncodeQuestion(i, "web", kA);
    questions += std::string{static_cast<char>(question.size() >> 8), static_cast<char>(question.size())} + question;
  }
  const std::string answers = AskTcp(questions, 20);
  EXPECT_EQ(answers.size() % 20, 0u);
  EXPECT_EQ(RcodeOf(answers.substr(2)), kNoError);
}

TEST_F(DnsServer, TooLargeForUdpIsCutAndWholeOverTcp) {
  for (int i = 0; i < 100; ++i) WritePod("p" + std::to_string(i), {.names = {"many"}, .addresses = {"10.0.1." + std::to_string(i)}});
  const std::string question = EncodeQuestion(1, "many", kA);
  const std::string cut = AskUdp(question);
  EXPECT_LE(cut.size(), 512u);
  EXPECT_TRUE(cut[2] & 2);
  const auto whole = ParseAnswer(AskTcp(std::string{0, static_cast<char>(question.size())} + question, 1).substr(2));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->answers.size(), 100u);
}

TEST_F(DnsServer, WithoutAnAnswerFromOthersItFails) {
  // Nobody listens on port 53 of 127.0.0.9: refused at once.
  EXPECT_EQ(RcodeOf(AskUdp(EncodeQuestion(1, "example.org", kA))), kServerFailure);
  WriteNetwork({.addresses = {"127.0.0.1"}, .forward = false});
  EXPECT_EQ(RcodeOf(AskUdp(EncodeQuestion(1, "example.org", kA))), kNameError);
}

TEST_F(DnsServer, BrokenQuestionsDoNotDisturb) {
  for (int i = 0; i < 1000; ++i) {
    std::string noise(static_cast<size_t>(i % 100), static_cast<char>(i * 7));
    const common::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto address = *SocketAddress::Parse("127.0.0.1", listeners.port);
    ::sendto(fd.get(), noise.data(), noise.size(), 0, address.get(), address.size());
  }
  WritePod("a", {.names = {"web"}, .addresses = {"10.0.0.1"}});
  EXPECT_EQ(RcodeOf(AskUdp(EncodeQuestion(1, "web", kA))), kNoError);
}

TEST(DnsResolvers, ReadsNameservers) {
  EXPECT_THAT(ParseNameservers("search x\nnameserver 10.0.0.1 # a\n; nameserver 1.1.1.1\n nameserver fe80::1%eth0\n"),
              ElementsAre("10.0.0.1", "fe80::1"));
  EXPECT_THAT(ParseNameservers("search x\n"), ElementsAre("127.0.0.1"));
  // Another network than the machine's.
  EXPECT_THAT(ParseNameservers("nameserver 127.0.0.53\nnameserver 1.1.1.1\nnameserver ::1\n", true),
              ElementsAre(kPastaForwarder, "1.1.1.1", kPastaForwarder));
}

}  // namespace
}  // namespace skiff::dns

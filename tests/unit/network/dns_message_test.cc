// Packets in, packets out.
#include "network/dns/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace skiff::dns {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Bytes(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

// Header with the counts, then the rest.
std::string Message(uint16_t id, uint16_t flags, uint16_t questions, uint16_t answers, uint16_t additional, const std::string& rest) {
  std::string out;
  for (const uint16_t value : {id, flags, questions, answers, uint16_t{0}, additional})
    out += Bytes({value >> 8, value & 255});
  return out + rest;
}

const std::string kWebQuestion = std::string("\3WEB\7cluster\5local\0", 19) + Bytes({0, 1, 0, 1});
const std::string kOptions = Bytes({0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0});  // 4096 bytes

TEST(DnsMessage, ReadsAQuestion) {
  const auto parsed = ParseQuery(Message(0x1234, 0x0100, 1, 0, 0, kWebQuestion));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->rcode, kNoError);
  EXPECT_EQ(parsed->query.id, 0x1234);
  EXPECT_EQ(parsed->query.name, "web.cluster.local");
  EXPECT_EQ(parsed->query.type, kA);
  EXPECT_FALSE(parsed->query.edns);
  EXPECT_EQ(parsed->query.answer_size, 512u);
  EXPECT_EQ(parsed->query.question, kWebQuestion);
}

TEST(DnsMessage, ReadsEdns) {
  const auto parsed = ParseQuery(Message(1, 0, 1, 0, 1, kWebQuestion + kOptions));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->rcode, kNoError);
  EXPECT_TRUE(parsed->query.edns);
  EXPECT_EQ(parsed->query.answer_size, 4096u);
  std::string newer = kOptions;
  newer[6] = 1;  // version
  EXPECT_EQ(ParseQuery(Message(1, 0, 1, 0, 1, kWebQuestion + newer))->rcode, kBadVersion);
}

TEST(DnsMessage, WhatIsNoQuestion) {
  EXPECT_FALSE(ParseQuery(""));
  EXPECT_FALSE(ParseQuery("short"));
  EXPECT_FALSE(ParseQuery(Message(1, 0x8000, 1, 0, 0, kWebQuestion)));  // an answer
  EXPECT_EQ(ParseQuery(Message(1, 0x0800, 1, 0, 0, kWebQuestion))->rcode, kNotImplemented);
  EXPECT_EQ(ParseQuery(Message(1, 0, 0, 0, 0, ""))->rcode, kFormatError);
  EXPECT_EQ(ParseQuery(Message(1, 0, 2, 0, 0, kWebQuestion + kWebQuestion))->rcode, kFormatError);
  EXPECT_EQ(ParseQuery(Message(1, 0, 1, 0, 0, kWebQuestion.substr(0, 21)))->rcode, kFormatError);
  EXPECT_EQ(ParseQuery(Message(1, 0, 1, 0, 1, kWebQuestion))->rcode, kFormatError);
  // A pointer to itself, and one forwards.
  EXPECT_EQ(ParseQuery(Message(1, 0, 1, 0, 0, Bytes({0xc0, 12, 0, 1, 0, 1})))->rcode, kFormatError);
  EXPECT_EQ(ParseQuery(Message(1, 0, 1, 0, 0, Bytes({0xc0, 18, 0, 1, 0, 1, 0})))->rcode, kFormatError);
  EXPECT_EQ(ParseQuery(Message(1, 0, 1, 0, 0, Bytes({64}) + std::string(64, 'a') + Bytes({0, 0, 1, 0, 1})))->rcode, kFormatError);
}

TEST(DnsMessage, OddLabelsAreNotOurNames) {
  const auto parsed = ParseQuery(Message(1, 0, 1, 0, 0, std::string("\5a.b\0c\0", 7) + Bytes({0, 1, 0, 1})));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->query.name, "a\\046b\\000c");
}

TEST(DnsMessage, WritesAnAnswer) {
  const Query query = ParseQuery(Message(7, 0x0100, 1, 0, 1, kWebQuestion + kOptions))->query;
  const Response response{.answers = {{"web.cluster.local", kA, 5, AddressData("10.96.0.1")}}};
  const std::string answer = EncodeResponse(query, response, 512);
  // QR, AA, RD, RA; the owner is a pointer to the question.
  EXPECT_EQ(answer, Message(7, 0x8580, 1, 1, 1,
                            kWebQuestion + Bytes({0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 96, 0, 1}) +
                                Bytes({0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0})));
}

TEST(DnsMessage, CutsWhatDoesNotFit) {
  const Query query = ParseQuery(Message(7, 0, 1, 0, 0, kWebQuestion))->query;
  Response response;
  for (int i = 0; i < 100; ++i) response.answers.push_back({"web.cluster.local", kA, 0, AddressData("10.0.0." + std::to_string(i))});
  const std::string answer = EncodeResponse(query, response, 512);
  EXPECT_LE(answer.size(), 512u);
  EXPECT_TRUE(answer[2] & 2) << "the TC bit";
  EXPECT_EQ(static_cast<uint8_t>(answer[7]), (512 - 12 - kWebQuestion.size()) / 16);
  // What is additional is left out without a word.
  response.additional = std::move(response.answers);
  response.answers = {{"web.cluster.local", kA, 0, AddressData("10.0.0.1")}};
  const std::string other = EncodeResponse(query, response, 512);
  EXPECT_LE(other.size(), 512u);
  EXPECT_FALSE(other[2] & 2);
}

TEST(DnsMessage, Data) {
  EXPECT_EQ(AddressData("10.0.0.1"), Bytes({10, 0, 0, 1}));
  EXPECT_EQ(AddressData("fd00::1").size(), 16u);
  EXPECT_THAT(AddressData("x"), IsEmpty());
  EXPECT_EQ(NameData("a.bc"), Bytes({1, 'a', 2, 'b', 'c', 0}));
  EXPECT_THAT(NameData("a..b"), IsEmpty());
  EXPECT_THAT(NameData(std::string(64, 'a')), IsEmpty());
  EXPECT_EQ(ServiceData(0, 100, 80, "a"), Bytes({0, 0, 0, 100, 0, 80, 1, 'a', 0}));
  EXPECT_EQ(TextData("1.1.0"), "\5" "1.1.0");
}

TEST(DnsMessage, ReadsForeignAnswers) {
  // x. CNAME y. (compressed), y. A 192.0.2.1
  const std::string question = Bytes({1, 'x', 0, 0, 1, 0, 1});
  const std::string alias = Bytes({0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 3, 1, 'y', 0});
  const std::string address = Bytes({0xc0, 31, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1});
  const std::string message = Message(3, 0x8180, 1, 2, 0, question + alias + address);
  const auto parsed = ParseAnswer(message);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->answers.size(), 2u);
  EXPECT_EQ(parsed->answers[0].data, NameData("y"));
  EXPECT_EQ(parsed->answers[1].name, "y");
  EXPECT_EQ(parsed->answers[1].data, Bytes({192, 0, 2, 1}));
  EXPECT_FALSE(ParseAnswer(message.substr(0, message.size() - 1)));
  EXPECT_TRUE(AnswersQuestion(message, EncodeQuestion(3, "x", kA)));
  EXPECT_FALSE(AnswersQuestion(message, EncodeQuestion(4, "x", kA)));
  EXPECT_FALSE(AnswersQuestion(message, EncodeQuestion(3, "z", kA)));
}

// Whatever the bytes are: no crash, no endless loop, and answers that keep to the limit.
TEST(DnsMessage, BrokenMessages) {
  std::mt19937 random(1);
  const std::string good = Message(7, 0x0100, 1, 0, 1, kWebQuestion + kOptions);
  for (int i = 0; i < 50'000; ++i) {
    std::string message = good.substr(0, random() % (good.size() + 1));
    if (i % 3 == 0) message = std::string(random() % 64, '\0');
    for (size_t changes = random() % 8; changes > 0 && !message.empty(); --changes)
      message[random() % message.size()] = static_cast<char>(random() % 4 == 0 ? 0xc0 : random());
    const auto parsed = ParseQuery(message);
    if (parsed) {
      EXPECT_LE(EncodeResponse(parsed->query, {.rcode = parsed->rcode}, 512).size(), 512u);
    }
    ParseAnswer(message);
    AnswersQuestion(message, good);
  }
}

}  // namespace
}  // namespace skiff::dns

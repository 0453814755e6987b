// DNS messages (RFC 1035, EDNS of RFC 6891): reading questions, writing answers. Bytes from pods are not to be trusted:
// every length is checked, and compression pointers may only lead backwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::dns {

enum Type : uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kPtr = 12,
  kTxt = 16,
  kAaaa = 28,
  kSrv = 33,
  kOpt = 41,
  kAny = 255,
};
enum Class : uint16_t { kInternet = 1, kAnyClass = 255 };
enum Rcode : uint8_t { kNoError = 0, kFormatError = 1, kServerFailure = 2, kNameError = 3, kNotImplemented = 4, kRefused = 5, kBadVersion = 16 };

inline constexpr size_t kHeaderSize = 12;
inline constexpr size_t kSmallestAnswer = 512;   // that every client takes over UDP
inline constexpr size_t kLargestDatagram = 4096;
inline constexpr size_t kLargestMessage = 65535;

struct Query {
  uint16_t id = 0;
  uint16_t flags = 0;    // of the header
  std::string question;  // its bytes, for the answer
  // Lower case, without the last dot; "" is the root. A label with a dot or a character beyond ASCII in it keeps the name
  // from being one of ours: it is written as \ and three digits.
  std::string name;
  uint16_t type = 0;
  uint16_t klass = 0;
  bool edns = false;
  uint8_t edns_version = 0;
  size_t answer_size = kSmallestAnswer;  // that the client takes over UDP
};

struct ParsedQuery {
  // kNoError: `query` is whole. kFormatError, kNotImplemented: at least id and flags are known.
  Rcode rcode = kNoError;
  Query query;
};
// Absent: nothing to be answered (too short, or an answer itself).
std::optional<ParsedQuery> ParseQuery(std::string_view message);

struct Record {
  std::string name;  // as Query::name
  uint16_t type = kA;
  uint32_t ttl = 0;
  std::string data;  // wire format, names uncompressed
};

std::string AddressData(const std::string& address);  // 4 or 16 octets, empty: not an address
std::string NameData(std::string_view name);          // empty: not a name
std::string ServiceData(uint16_t priority, uint16_t weight, uint16_t port, std::string_view target);
std::string TextData(std::string_view text);
std::string StartOfAuthorityData(std::string_view zone, uint32_t serial);

struct Response {
  Rcode rcode = kNoError;
  bool authoritative = true;
  bool truncated = false;  // there is more than this, for whoever asks over TCP
  std::vector<Record> answers;
  std::vector<Record> authorities;
  std::vector<Record> additional;
};
// Cut to `limit` bytes: first what is additional, then answers, with the TC bit set.
std::string EncodeResponse(const Query& query, const Response& response, size_t limit);

// A, AAAA and CNAME records of an answer section, with its rcode. Absent: not a whole message.
struct ForeignAnswer {
  bool truncated = false;
  Rcode rcode = kNoError;
  std::vector<Record> answers;
};
std::optional<ForeignAnswer> ParseAnswer(std::string_view message);
// A question with a header of its own; recursion is asked for.
std::string EncodeQuestion(uint16_t id, std::string_view name, uint16_t type);
// Whether `answer` belongs to the question of `message`: its id, and the name whatever its case.
bool AnswersQuestion(std::string_view answer, std::string_view message);

}  // namespace skiff::dns

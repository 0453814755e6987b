#include "network/dns/message.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace skiff::dns {

namespace {

constexpr uint16_t kResponseBit = 0x8000, kAuthoritativeBit = 0x0400, kTruncatedBit = 0x0200, kRecursionDesiredBit = 0x0100,
                   kRecursionAvailableBit = 0x0080, kCheckingDisabledBit = 0x0010, kOpcodeMask = 0x7800;
constexpr size_t kLongestName = 255;
constexpr size_t kLongestLabel = 63;
constexpr uint8_t kPointerBits = 0xc0;
constexpr uint16_t kPointerToQuestion = 0xc000 | kHeaderSize;

void Put16(std::string& out, uint16_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value & 255));
}

void Put32(std::string& out, uint32_t value) {
  Put16(out, static_cast<uint16_t>(value >> 16));
  Put16(out, static_cast<uint16_t>(value & 0xffff));
}

// Reads on from a place; after the first thing that is not there, everything is absent.
class Reader {
 public:
  explicit Reader(std::string_view message, size_t at = 0) : message_(message), at_(at) {}

  bool failed() const { return failed_; }
  size_t at() const { return at_; }

  uint8_t Get8() { return Has(1) ? static_cast<uint8_t>(message_[at_++]) : uint8_t{0}; }
  uint16_t Get16() {
    const uint16_t high = Get8();
    return static_cast<uint16_t>(high << 8 | Get8());
  }
  uint32_t Get32() {
    const uint32_t high = Get16();
    return high << 16 | Get16();
  }
  std::string_view GetBytes(size_t size) {
    if (!Has(size)) return {};
    at_ += size;
    return message_.substr(at_ - size, size);
  }

  std::string GetName() {
    std::string name;
    size_t place = at_, length = 0, lowest = at_;
    bool jumped = false;
    while (!failed_) {
      if (place >= message_.size()) return Fail();
      const auto size = static_cast<uint8_t>(message_[place]);
      if ((size & kPointerBits) == kPointerBits) {
        if (place + 1 >= message_.size()) return Fail();
        const size_t target = static_cast<size_t>(size & ~kPointerBits) << 8 | static_cast<uint8_t>(message_[place + 1]);
        if (!jumped) at_ = place + 2;
        jumped = true;
        if (target >= lowest || target < kHeaderSize) return Fail();  // only ever back, so it ends
        lowest = place = target;
        continue;
      }
      if (size > kLongestLabel) return Fail();
      length += size + 1u;
      if (length > kLongestName || place + 1 + size > message_.size()) return Fail();
      if (size == 0) {
        if (!jumped) at_ = place + 1;
        return name;
      }
      if (!name.empty()) name += '.';
      AppendLabel(name, message_.substr(place + 1, size));
      place += 1u + size;
    }
    return {};
  }

 private:
  static void AppendLabel(std::string& name, std::string_view label) {
    for (const char c : label) {
      const auto octet = static_cast<unsigned char>(c);
      if (octet >= 'A' && octet <= 'Z') name += static_cast<char>(octet + ('a' - 'A'));
      else if (octet > ' ' && octet < 0x7f && octet != '.' && octet != '\\') name += c;
      else name += fmt::format("\\{:03}", octet);
    }
  }
  bool Has(size_t size) {
    if (failed_ || message_.size() - at_ < size) failed_ = true;
    return !failed_;
  }
  std::string Fail() {
    failed_ = true;
    return {};
  }

  std::string_view message_;
  size_t at_;
  bool failed_ = false;
};

// Of a question's additional section only the OPT record counts.
bool ReadOptions(Reader& reader, uint16_t records, Query& query) {
  for (uint16_t i = 0; i < records; ++i) {
    const std::string owner = reader.GetName();
    const uint16_t type = reader.Get16(), klass = reader.Get16();
    const uint32_t ttl = reader.Get32();
    reader.GetBytes(reader.Get16());
    if (reader.failed()) return false;
    if (type != kOpt) continue;
    if (query.edns || !owner.empty()) return false;
    query.edns = true;
    query.edns_version = static_cast<uint8_t>(ttl >> 16 & 255);
    query.answer_size = std::clamp<size_t>(klass, kSmallestAnswer, kLargestDatagram);
  }
  return true;
}

// The owner name of most records is the question's.
void PutRecord(std::string& out, const Query& query, const Record& record) {
  if (record.name == query.name && !query.question.empty()) Put16(out, kPointerToQuestion);
  else out += NameData(record.name);
  Put16(out, record.type);
  Put16(out, kInternet);
  Put32(out, record.ttl);
  Put16(out, static_cast<uint16_t>(record.data.size()));
  out += record.data;
}

std::string OptionsRecord(Rcode rcode) {
  std::string out(1, '\0');
  Put16(out, kOpt);
  Put16(out, kLargestDatagram);
  Put32(out, static_cast<uint32_t>(rcode >> 4) << 24);
  Put16(out, 0);
  return out;
}

}  // namespace

std::optional<ParsedQuery> ParseQuery(std::string_view message) {
  if (message.size() < kHeaderSize) return std::nullopt;
  Reader reader(message);
  ParsedQuery parsed;
  Query& query = parsed.query;
  query.id = reader.Get16();
  query.flags = reader.Get16();
  if (query.flags & kResponseBit) return std::nullopt;
  const uint16_t questions = reader.Get16(), answers = reader.Get16(), authorities = reader.Get16(), additional = reader.Get16();
  if (query.flags & kOpcodeMask) {
    parsed.rcode = kNotImplemented;
    return parsed;
  }
  parsed.rcode = kFormatError;
  if (questions != 1 || answers != 0 || authorities != 0) return parsed;
  query.name = reader.GetName();
  query.type = reader.Get16();
  query.klass = reader.Get16();
  if (reader.failed()) {
    query.name.clear();
    return parsed;
  }
  query.question = message.substr(kHeaderSize, reader.at() - kHeaderSize);
  if (ReadOptions(reader, additional, query)) parsed.rcode = query.edns_version > 0 ? kBadVersion : kNoError;
  return parsed;
}

std::string AddressData(const std::string& address) {
  char bytes[16];
  if (::inet_pton(AF_INET, address.c_str(), bytes) == 1) return {bytes, 4};
  if (::inet_pton(AF_INET6, address.c_str(), bytes) == 1) return {bytes, 16};
  return {};
}

std::string NameData(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > kLongestLabel) return {};
    out.push_back(static_cast<char>(label.size()));
    out += label;
    name = dot == name.npos ? std::string_view() : name.substr(dot + 1);
  }
  out.push_back('\0');
  return out.size() > kLongestName ? std::string() : out;
}

std::string ServiceData(uint16_t priority, uint16_t weight, uint16_t port, std::string_view target) {
  std::string out;
  Put16(out, priority);
  Put16(out, weight);
  Put16(out, port);
  return out + NameData(target);
}

std::string TextData(std::string_view text) {
  std::string out(1, static_cast<char>(std::min<size_t>(text.size(), 255)));
  return out.append(text.substr(0, 255));
}

std::string StartOfAuthorityData(std::string_view zone, uint32_t serial) {
  std::string out = NameData(fmt::format("ns.dns.{}", zone)) + NameData(fmt::format("hostmaster.{}", zone));
  constexpr uint32_t kRefresh = 7200, kRetry = 1800, kExpire = 86400, kNegativeTtl = 0;  // nothing is to be remembered
  for (const uint32_t value : {serial, kRefresh, kRetry, kExpire, kNegativeTtl}) Put32(out, value);
  return out;
}

std::string EncodeResponse(const Query& query, const Response& response, size_t limit) {
  const size_t reserved = query.edns ? OptionsRecord(kNoError).size() : 0;
  uint16_t flags = kResponseBit | kRecursionAvailableBit;
  flags |= query.flags & (kOpcodeMask | kRecursionDesiredBit | kCheckingDisabledBit);
  if (response.authoritative) flags |= kAuthoritativeBit;
  if (response.truncated) flags |= kTruncatedBit;
  std::string body = query.question;
  uint16_t counts[3] = {};
  const std::vector<Record>* sections[3] = {&response.answers, &response.authorities, &response.additional};
  bool full = false;
  for (size_t section = 0; section < 3 && !full; ++section) {
    for (const Record& record : *sections[section]) {
      const size_t before = body.size();
      PutRecord(body, query, record);
      full = kHeaderSize + body.size() + reserved > limit;
      if (full) {
        body.resize(before);
        // Clients do without what is additional.
        if (section < 2) flags |= kTruncatedBit;
        break;
      }
      ++counts[section];
    }
  }
  std::string out;
  Put16(out, query.id);
  Put16(out, static_cast<uint16_t>(flags | (response.rcode & 15)));
  Put16(out, query.question.empty() ? 0 : 1);
  Put16(out, counts[0]);
  Put16(out, counts[1]);
  Put16(out, static_cast<uint16_t>(counts[2] + (query.edns ? 1 : 0)));
  out += body;
  if (query.edns) out += OptionsRecord(response.rcode);
  return out;
}

std::optional<ForeignAnswer> ParseAnswer(std::string_view message) {
  if (message.size() < kHeaderSize) return std::nullopt;
  Reader reader(message);
  reader.Get16();
  ForeignAnswer parsed;
  const uint16_t flags = reader.Get16();
  parsed.rcode = static_cast<Rcode>(flags & 15);
  parsed.truncated = (flags & kTruncatedBit) != 0;
  const uint16_t questions = reader.Get16(), answers = reader.Get16();
  reader.Get32();
  for (uint16_t i = 0; i < questions && !reader.failed(); ++i) {
    reader.GetName();
    reader.Get32();
  }
  for (uint16_t i = 0; i < answers; ++i) {
    Record record;
    record.name = reader.GetName();
    record.type = reader.Get16();
    const uint16_t klass = reader.Get16();
    record.ttl = reader.Get32();
    const uint16_t size = reader.Get16();
    Reader data(message, reader.at());
    const std::string_view bytes = reader.GetBytes(size);
    if (reader.failed()) return std::nullopt;
    if (klass != kInternet) continue;
    if (record.type == kCname) {
      record.data = NameData(data.GetName());
      if (data.failed() || record.data.empty()) return std::nullopt;
    } else if ((record.type == kA && size == 4) || (record.type == kAaaa && size == 16)) {
      record.data = bytes;
    } else {
      continue;
    }
    parsed.answers.push_back(std::move(record));
  }
  if (reader.failed()) return std::nullopt;
  return parsed;
}

std::string EncodeQuestion(uint16_t id, std::string_view name, uint16_t type) {
  std::string out;
  Put16(out, id);
  Put16(out, kRecursionDesiredBit);
  Put16(out, 1);
  out.append(6, '\0');
  out += NameData(name);
  Put16(out, type);
  Put16(out, kInternet);
  return out;
}

bool AnswersQuestion(std::string_view answer, std::string_view message) {
  if (answer.size() < kHeaderSize || message.size() < kHeaderSize) return false;
  Reader theirs(answer), ours(message);
  if (theirs.Get16() != ours.Get16() || !(theirs.Get16() & kResponseBit)) return false;
  ours.Get16();
  // Some servers leave the question out of an error.
  if (theirs.Get16() == 0) return true;
  Reader question(answer, kHeaderSize), asked(message, kHeaderSize);
  if (question.GetName() != asked.GetName()) return false;
  return question.Get32() == asked.Get32() && !question.failed() && !asked.failed();
}

}  // namespace skiff::dns

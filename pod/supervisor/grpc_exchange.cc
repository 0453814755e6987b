#include "pod/supervisor/grpc_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "pod/supervisor/http_exchange.h"

namespace skiff::supervisor {

namespace {

constexpr size_t kFrameHead = 9;
constexpr size_t kMostFrame = 16 * 1024;  // the size that every peer keeps to unless we allow more
constexpr size_t kPriorityBytes = 5;
constexpr size_t kMessageHead = 5;        // compressed or not, and a length of four bytes
enum FrameType : uint8_t { kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6, kGoAway = 7 };
enum FrameFlag : uint8_t { kAck = 1, kEndStream = 1, kEndHeaders = 4, kPadded = 8, kPriority = 0x20 };

std::string BigEndian(uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

uint32_t ReadBigEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<uint8_t>(byte);
  return value;
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string frame = BigEndian(static_cast<uint32_t>(payload.size()), 3);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  return frame + BigEndian(stream, 4) + std::string(payload);
}

// An HPACK integer (RFC 7541 5.1) with a prefix of `bits` bits.
std::string HpackInteger(size_t value, int bits) {
  const size_t limit = (size_t{1} << bits) - 1;
  if (value < limit) return std::string(1, static_cast<char>(value));
  std::string text(1, static_cast<char>(limit));
  for (value -= limit; value >= 128; value /= 128) text += static_cast<char>(value % 128 + 128);
  return text + static_cast<char>(value);
}

// A literal field without indexing, name and value as plain strings.
std::string HeaderField(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + HpackInteger(name.size(), 7) + std::string(name) + HpackInteger(value.size(), 7) +
         std::string(value);
}

std::string ProtobufVarint(size_t value) {
  std::string text;
  for (; value >= 128; value /= 128) text += static_cast<char>(value % 128 + 128);
  return text + static_cast<char>(value);
}

const char* StatusName(uint64_t status) {
  switch (status) {
    case 0: return "UNKNOWN";
    case 1: return "SERVING";
    case 2: return "NOT_SERVING";
    case 3: return "SERVICE_UNKNOWN";
  }
  return "an unknown status";
}

constexpr std::string_view kUnimplemented = "12";

// Of grpc-status, as Go names it.
std::string CodeName(const std::string& code) {
  static constexpr std::array kNames = {"OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound",
                                        "AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
                                        "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss",
                                        "Unauthenticated"};
  size_t number = kNames.size();
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), number);
  if (error != std::errc() || end != code.data() + code.size() || number >= kNames.size()) return fmt::format("Code({})", code);
  return kNames[number];
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string_view WithoutPadding(uint8_t flags, std::string_view payload) {
  if ((flags & kPadded) == 0 || payload.empty()) return payload;
  const size_t padding = static_cast<uint8_t>(payload[0]);
  payload.remove_prefix(1);
  payload.remove_suffix(std::min(padding, payload.size()));
  return payload;
}

// Field 1 of a HealthCheckResponse; absent in the message means 0.
uint64_t StatusIn(std::string_view message) {
  if (message.size() < 2 || message[0] != 0x08) return 0;
  return static_cast<uint8_t>(message[1]);
}

}  // namespace

std::string GrpcExchange::Request() const {
  const std::string headers = HeaderField(":method", "POST") + HeaderField(":scheme", "http") +
                              HeaderField(":path", "/grpc.health.v1.Health/Check") +
                              HeaderField(":authority", HostAndPort(handler_)) +
                              HeaderField("content-type", "application/grpc") +
                              HeaderField("user-agent", "kube-probe/1.36") + HeaderField("te", "trailers");
  std::string message;
  if (!handler_.service.empty()) message = "\x0a" + ProtobufVarint(handler_.service.size()) + handler_.service;
  const std::string data = std::string(1, '\0') + BigEndian(static_cast<uint32_t>(message.size()), 4) + message;
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, "") + Frame(kHeaders, kEndHeaders, 1, headers) +
         Frame(kData, kEndStream, 1, data);
}

std::optional<ProbeResult> GrpcExchange::OnData(std::string_view data, std::string& reply) {
  received_ += data;
  while (received_.size() >= kFrameHead) {
    const std::string_view head = std::string_view(received_).substr(0, kFrameHead);
    const size_t length = ReadBigEndian(head.substr(0, 3));
    if (length > kMostFrame) return ProbeResult{false, "error: the server does not speak HTTP/2"};
    if (received_.size() < kFrameHead + length) return std::nullopt;
    const std::string frame = received_.substr(0, kFrameHead + length);
    received_.erase(0, frame.size());
    const uint32_t stream = ReadBigEndian(std::string_view(frame).substr(5, 4)) & 0x7fffffffu;
    auto result = OnFrame(static_cast<uint8_t>(frame[3]), static_cast<uint8_t>(frame[4]), stream,
                          std::string_view(frame).substr(kFrameHead), reply);
    if (result) return result;
  }
  return std::nullopt;
}

std::optional<ProbeResult> GrpcExchange::OnFrame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload,
                                                 std::string& reply) {
  if (type == kSettings && (flags & kAck) == 0) reply += Frame(kSettings, kAck, 0, "");
  if (type == kPing && (flags & kAck) == 0) reply += Frame(kPing, kAck, 0, payload);
  if (type == kGoAway) return OnEnd();
  if (stream != 1) return std::nullopt;
  if (type == kData) {
    if (auto result = OnMessageBytes(WithoutPadding(flags, payload))) return result;
  }
  if (type == kHeaders) OnHeaders(flags, WithoutPadding(flags, payload));
  if (type == kReset || ((type == kData || type == kHeaders) && (flags & kEndStream) != 0)) return OnEnd();
  return std::nullopt;
}

std::optional<ProbeResult> GrpcExchange::OnMessageBytes(std::string_view data) {
  message_ += data;
  if (message_.size() < kMessageHead) return std::nullopt;
  const size_t length = ReadBigEndian(std::string_view(message_).substr(1, 4));
  if (message_.size() < kMessageHead + length) return std::nullopt;
  const uint64_t status = StatusIn(std::string_view(message_).substr(kMessageHead, length));
  if (status == 1) return ProbeResult{true, ""};
  return ProbeResult{false, fmt::format("service unhealthy (responded with \"{}\")", StatusName(status))};
}

// What cannot be decoded (a block in several frames, too) is as if it were not there.
void GrpcExchange::OnHeaders(uint8_t flags, std::string_view payload) {
  if ((flags & kPriority) != 0) payload.remove_prefix(std::min(kPriorityBytes, payload.size()));
  if ((flags & kEndHeaders) == 0) return;
  for (const auto& [name, value] : hpack_.Decode(payload).value_or(std::vector<HpackDecoder::Field>())) {
    if (name == "grpc-status") call_status_ = value;
    if (name == "grpc-message") call_message_ = PercentDecoded(value);
  }
}

// An error of the call, in the kubelet's words.
ProbeResult GrpcExchange::OnEnd() {
  if (call_status_ == kUnimplemented)
    return {false, "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): " + call_message_};
  if (!call_status_.empty() && call_status_ != "0")
    return {false, fmt::format("error: health rpc probe failed: rpc error: code = {} desc = {}", CodeName(call_status_), call_message_)};
  return {false,
          "error: the server answered without a health status (it does not implement grpc.health.v1.Health, or does not "
          "know the service)"};
}

}  // namespace skiff::supervisor

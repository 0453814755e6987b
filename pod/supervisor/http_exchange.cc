#include "pod/supervisor/http_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace skiff::supervisor {

namespace {

constexpr size_t kMostHead = 64 * 1024;
constexpr size_t kMostBody = 10 * 1024;  // of which a kubelet takes notice
constexpr char kUserAgent[] = "kube-probe/1.36";
constexpr std::string_view kChunkedEnd = "0\r\n\r\n";

bool SameText(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

const std::string* FindHeader(const Handler& handler, std::string_view name) {
  for (const HttpHeader& header : handler.headers)
    if (SameText(header.name, name)) return &header.value;
  return nullptr;
}

std::string_view PathOf(const Handler& handler) { return handler.path.empty() ? "/" : std::string_view(handler.path); }

// The target of a Location header, absent when it is on another host (or cannot be understood, which ends the same way).
std::optional<Handler> Follow(const Handler& from, std::string_view location) {
  Handler to = from;
  const bool https = location.starts_with("https://");
  if (https || location.starts_with("http://")) {
    location.remove_prefix(https ? 8 : 7);
    to.https = https;
    to.port = https ? 443 : 80;
    std::string_view authority = location.substr(0, location.find_first_of("/?#"));
    location.remove_prefix(authority.size());
    const size_t colon = authority.rfind(':');
    if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
      const auto digits = authority.substr(colon + 1);
      if (std::from_chars(digits.data(), digits.data() + digits.size(), to.port).ec != std::errc()) return std::nullopt;
      authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
    if (!SameText(authority, from.host)) return std::nullopt;
  } else if (location.starts_with("//") || location.empty()) {
    return std::nullopt;
  }
  location = location.substr(0, location.find('#'));
  if (location.starts_with('/')) to.path = location;
  else if (location.starts_with('?') || location.empty()) to.path = "/" + std::string(location);
  else {
    const std::string_view base = PathOf(from).substr(0, PathOf(from).find('?'));
    to.path = std::string(base.substr(0, base.rfind('/') + 1)) + std::string(location);
  }
  return to;
}

}  // namespace

// glibc's texts begin with a capital letter.
std::string SocketErrorText(int error) {
  std::string text = std::strerror(error);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

std::string HostAndPort(const Handler& handler) {
  const bool v6 = handler.host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", handler.host, handler.port) : fmt::format("{}:{}", handler.host, handler.port);
}

std::string ProbeUrl(const Handler& handler) {
  const std::string_view path = PathOf(handler);
  return fmt::format("{}://{}{}{}", handler.https ? "https" : "http", HostAndPort(handler), path.starts_with('/') ? "" : "/",
                     path);
}

std::string HttpExchange::Request() const {
  const std::string* host = FindHeader(handler_, "Host");
  const std::string_view path = PathOf(handler_);
  std::string text = fmt::format("GET {}{} HTTP/1.1\r\nHost: {}\r\n", path.starts_with('/') ? "" : "/", path,
                                 host != nullptr && !host->empty() ? *host : HostAndPort(handler_));
  if (FindHeader(handler_, "User-Agent") == nullptr) text += fmt::format("User-Agent: {}\r\n", kUserAgent);
  if (FindHeader(handler_, "Accept") == nullptr) text += "Accept: */*\r\n";
  for (const HttpHeader& header : handler_.headers) {
    // An empty value of these two means: do not send it at all.
    const bool removed = header.value.empty() && (SameText(header.name, "Accept") || SameText(header.name, "User-Agent"));
    if (SameText(header.name, "Host") || SameText(header.name, "Connection") || removed) continue;
    text += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  return text + "Connection: close\r\n\r\n";
}

// Takes a whole head off `received_`; false: an interim answer (1xx), another head follows.
bool HttpExchange::ParseHead() {
  const size_t end = received_.find("\r\n\r\n");
  std::string_view head = std::string_view(received_).substr(0, end);
  status_ = 0;
  content_length_.reset();
  const std::string_view line = head.substr(0, head.find("\r\n"));
  if (line.starts_with("HTTP/") && line.find(' ') != std::string_view::npos) {
    const std::string_view digits = Trim(line.substr(line.find(' ')));
    std::from_chars(digits.data(), digits.data() + digits.size(), status_);
  }
  while (head.find("\r\n") != std::string_view::npos) {
    head.remove_prefix(head.find("\r\n") + 2);
    const std::string_view field = head.substr(0, head.find("\r\n"));
    const size_t colon = field.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view value = Trim(field.substr(colon + 1));
    if (SameText(field.substr(0, colon), "Location")) location_ = value;
    if (SameText(field.substr(0, colon), "Transfer-Encoding")) chunked_ = true;
    size_t length = 0;
    if (SameText(field.substr(0, colon), "Content-Length") &&
        std::from_chars(value.data(), value.data() + value.size(), length).ec == std::errc())
      content_length_ = length;
  }
  received_.erase(0, end + 4);
  return status_ < 100 || status_ >= 200;
}

ProbeResult HttpExchange::Verdict() {
  if (status_ < 100)
    return {false, fmt::format("Get \"{}\": malformed HTTP response", ProbeUrl(handler_))};
  const bool redirects = (status_ >= 301 && status_ <= 303) || status_ == 307 || status_ == 308;
  if (redirects && !location_.empty()) {
    redirect_ = Follow(handler_, location_);
    if (!redirect_) return {true, fmt::format("Probe terminated redirects, Response body: {}", location_), true};
    return {true, ""};
  }
  if (any_status_ || (status_ >= 200 && status_ < 400)) return {true, ""};
  return {false, fmt::format("HTTP probe failed with statuscode: {}", status_)};
}

// The body is read so that the server is not cut off in the middle of its answer.
std::optional<ProbeResult> HttpExchange::OnData(std::string_view data, std::string&) {
  if (!head_done_) {
    received_ += data;
    while (!head_done_) {
      if (received_.find("\r\n\r\n") == std::string::npos) {
        if (received_.size() > kMostHead)
          return ProbeResult{false, fmt::format("Get \"{}\": the header of the answer is too long", ProbeUrl(handler_))};
        return std::nullopt;
      }
      head_done_ = ParseHead();
    }
    data = received_;
  }
  body_size_ += data.size();
  if (chunked_) tail_ = (tail_ + std::string(data)).substr(tail_.size() + data.size() - std::min<size_t>(tail_.size() + data.size(), kChunkedEnd.size()));
  const bool complete = (content_length_ && body_size_ >= *content_length_) || body_size_ >= kMostBody || status_ == 204 ||
                        (chunked_ && tail_ == kChunkedEnd) || (status_ >= 300 && status_ < 400);
  if (complete) return Verdict();
  return std::nullopt;
}

ProbeResult HttpExchange::OnEnd() {
  if (head_done_) return Verdict();
  return {false, fmt::format("Get \"{}\": EOF", ProbeUrl(handler_))};
}

}  // namespace skiff::supervisor

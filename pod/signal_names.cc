#include "pod/signal_names.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace skiff::pod {
namespace {

std::optional<int> ParseNumber(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<int> InRange(int number) {
  if (number < 1 || number > SIGRTMAX) return std::nullopt;
  return number;
}

}  // namespace

std::optional<int> ParseSignal(std::string_view text) {
  if (const auto number = ParseNumber(text)) return InRange(*number);
  std::string name(text);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (name.starts_with("SIG")) name.erase(0, 3);
  // The C library's own SIGRTMIN leaves out two that it keeps for itself, and so do images that write RTMIN+N.
  for (const auto& [prefix, base] : {std::pair<std::string_view, int>{"RTMIN", SIGRTMIN}, {"RTMAX", SIGRTMAX}}) {
    if (!name.starts_with(prefix)) continue;
    std::string_view offset = std::string_view(name).substr(prefix.size());
    if (offset.empty()) return base;
    if (offset.starts_with('+')) offset.remove_prefix(1);
    const auto number = ParseNumber(offset);
    return number ? InRange(base + *number) : std::nullopt;
  }
  // Second names, of which the C library tells one only.
  for (const auto& [other, number] : {std::pair<std::string_view, int>{"IO", SIGIO}, {"POLL", SIGPOLL}, {"CLD", SIGCHLD}, {"IOT", SIGABRT}}) {
    if (name == other) return number;
  }
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* abbreviation = ::sigabbrev_np(number);
    if (abbreviation != nullptr && name == abbreviation) return number;
  }
  return std::nullopt;
}

}  // namespace skiff::pod

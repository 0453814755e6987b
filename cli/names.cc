#include "cli/names.h"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace skiff::cli {

namespace {

constexpr std::array<std::string_view, 40> kAdjectives = {
    "able",  "amber", "brave",  "brisk",  "bright", "calm",  "clear",  "clever", "cosy",  "crisp",
    "eager", "fair",  "fleet",  "fresh",  "gentle", "glad",  "golden", "happy",  "hardy", "keen",
    "kind",  "light", "lively", "lucid",  "mellow", "merry", "mild",   "nimble", "noble", "placid",
    "proud", "quick", "quiet",  "silver", "steady", "sunny", "swift",  "tidy",   "warm",  "wise"};
constexpr std::array<std::string_view, 40> kNouns = {
    "anchor", "bay",   "beacon", "boom",   "bow",    "breeze",  "buoy",  "cleat",  "cove",  "current",
    "dock",   "dory",  "fjord",  "galley", "gull",   "harbour", "heron", "hull",   "jetty", "keel",
    "lagoon", "mast",  "oar",    "otter",  "pier",   "quay",    "reef",  "rudder", "sail",  "seal",
    "shoal",  "sloop", "spar",   "stern",  "strait", "tern",    "tide",  "tiller", "wake",  "wharf"};

}  // namespace

std::string InventName() {
  std::array<uint32_t, 2> numbers{};
  (void)!::getrandom(numbers.data(), sizeof numbers, 0);  // cannot fail for so few bytes
  std::string name(kAdjectives[numbers[0] % kAdjectives.size()]);
  name += '_';
  name += kNouns[numbers[1] % kNouns.size()];
  return name;
}

}  // namespace skiff::cli

// What nearly every file includes, compiled once per build (cmake/Skiff.cmake). Files still include what they use: the
// presets without precompiled headers (tidy) must build too.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

// Result<T>: a value or an Error. The only error channel across module borders.
#pragma once

#include <tl/expected.hpp>

#include "common/error.h"

namespace skiff::common {

template <typename T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}
  Result(Base base) : Base(std::move(base)) {}
};

}  // namespace skiff::common

#define SKIFF_CONCAT_INNER(a, b) a##b
#define SKIFF_CONCAT(a, b) SKIFF_CONCAT_INNER(a, b)

// TRY(expr): returns the error of a Result to the caller, drops the value.
// TRY(expr, "context {}", x): puts the formatted context in front of the error.
#define TRY(expression, ...)                                              \
  do {                                                                    \
    if (auto skiff_result = (expression); !skiff_result)                  \
      return std::move(skiff_result).error() __VA_OPT__(.Wrap(fmt::format(__VA_ARGS__))); \
  } while (false)

// ASSIGN_OR_RETURN(declaration, expr[, "context {}", x]): binds the value or returns the error.
#define ASSIGN_OR_RETURN(declaration, expression, ...) \
  ASSIGN_OR_RETURN_IMPL(SKIFF_CONCAT(skiff_result_, __LINE__), declaration, expression __VA_OPT__(, ) __VA_ARGS__)
#define ASSIGN_OR_RETURN_IMPL(name, declaration, expression, ...)                              \
  auto name = (expression);                                                                    \
  if (!name) return std::move(name).error() __VA_OPT__(.Wrap(fmt::format(__VA_ARGS__)));       \
  declaration = std::move(*name)

#include "image/toml_subset.h"

#include <cctype>
#include <optional>

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

class Parser {
 public:
  Parser(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  Result<TomlSubset> Parse() {
    while (SkipToToken(), !AtEnd()) {
      TRY(Peek() == '[' ? ParseTable() : ParsePair());
      SkipBlanks();
      if (!AtEnd() && Peek() != '\n' && Peek() != '#') return Fail("something follows the value");
    }
    return std::move(result_);
  }

 private:
  bool AtEnd() const { return position_ >= text_.size(); }
  char Peek() const { return text_[position_]; }
  char Take() {
    if (Peek() == '\n') ++line_;
    return text_[position_++];
  }
  common::Error Fail(std::string_view why) const {
    return MakeError(ErrorCode::kInvalid, "{}:{}: {}", file_, line_, why);
  }

  void SkipBlanks() {
    while (!AtEnd() && (Peek() == ' ' || Peek() == '\t' || Peek() == '\r')) Take();
  }
  void SkipToToken() {
    while (true) {
      SkipBlanks();
      if (!AtEnd() && Peek() == '#')
        while (!AtEnd() && Peek() != '\n') Take();
      if (AtEnd() || Peek() != '\n') return;
      Take();
    }
  }

  Result<> ParseTable() {
    Take();
    const bool array_of_tables = !AtEnd() && Peek() == '[';
    if (array_of_tables) Take();
    ASSIGN_OR_RETURN(table_, ParseDottedKey());
    for (int i = 0; i <= (array_of_tables ? 1 : 0); ++i) {
      if (AtEnd() || Peek() != ']') return Fail("a table's name ends with ']'");
      Take();
    }
    return {};
  }

  Result<> ParsePair() {
    ASSIGN_OR_RETURN(const std::string name, ParseDottedKey());
    SkipBlanks();
    if (AtEnd() || Peek() != '=') return Fail("expected '=' after the key");
    Take();
    SkipBlanks();
    if (AtEnd()) return Fail("a value is missing");
    const std::string key = TomlSubset::Key(table_, name);
    if (Peek() == '"' || Peek() == '\'') {
      ASSIGN_OR_RETURN(result_.strings[key], ParseString());
      return {};
    }
    if (Peek() == '[') {
      ASSIGN_OR_RETURN(auto list, ParseList());
      if (list) result_.lists[key] = std::move(*list);
      return {};
    }
    SkipScalar();
    return {};
  }

  void SkipScalar() {
    while (!AtEnd() && std::string_view(",]}#\n").find(Peek()) == std::string_view::npos) Take();
  }

  Result<std::string> ParseDottedKey() {
    std::string key;
    while (true) {
      SkipBlanks();
      if (AtEnd()) return Fail("a key is missing");
      if (Peek() == '"' || Peek() == '\'') {
        ASSIGN_OR_RETURN(const std::string part, ParseString());
        key += part;
      } else {
        const size_t start = position_;
        while (!AtEnd() && (std::isalnum(static_cast<unsigned char>(Peek())) || Peek() == '-' || Peek() == '_')) Take();
        if (position_ == start) return Fail("not a key");
        key += text_.substr(start, position_ - start);
      }
      SkipBlanks();
      if (AtEnd() || Peek() != '.') return key;
      key += Take();
    }
  }

  Result<std::string> ParseString() {
    const char quote = Take();
    std::string value;
    while (true) {
      if (AtEnd() || Peek() == '\n') return Fail("a string is not closed");
      char c = Take();
      if (c == quote) return value;
      if (c == '\\' && quote == '"') {
        if (AtEnd()) return Fail("a string is not closed");
        c = Take();
        if (c == 'n') c = '\n';
        else if (c == 't') c = '\t';
        else if (c != '"' && c != '\\') return Fail("an escape that is not read here; use a literal string in '...'");
      }
      value += c;
    }
  }

  // Nothing when the list holds something other than strings.
  Result<std::optional<std::vector<std::string>>> ParseList() {
    Take();
    std::vector<std::string> list;
    bool only_strings = true;
    while (true) {
      SkipToToken();
      if (AtEnd()) return Fail("a list is not closed");
      if (Peek() == ']') break;
      if (Peek() == ',') {
        Take();
      } else if (Peek() == '"' || Peek() == '\'') {
        ASSIGN_OR_RETURN(list.emplace_back(), ParseString());
      } else {
        only_strings = false;
        const size_t start = position_;
        SkipScalar();
        if (position_ == start) return Fail("not a value");
      }
    }
    Take();
    if (!only_strings) return std::optional<std::vector<std::string>>();
    return std::optional(std::move(list));
  }

  std::string_view text_;
  std::string_view file_;
  size_t position_ = 0;
  int line_ = 1;
  std::string table_;
  TomlSubset result_;
};

}  // namespace

Result<TomlSubset> ParseTomlSubset(std::string_view text, std::string_view file) { return Parser(text, file).Parse(); }

}  // namespace skiff::image

#include "image/transfer/www_authenticate.h"

#include <cctype>

namespace skiff::image {
namespace {

bool IsTokenChar(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<AuthChallenge> Parse() {
    std::vector<AuthChallenge> challenges;
    while (SkipSeparators(), !text_.empty()) {
      std::string word = Token();
      if (word.empty()) break;
      SkipBlanks();
      if (!text_.empty() && text_.front() == '=' && !challenges.empty()) {
        if (!TakeValue(challenges.back(), word)) break;
      } else {
        challenges.push_back({std::move(word), {}});
      }
    }
    return challenges;
  }

 private:
  void SkipBlanks() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\t')) text_.remove_prefix(1);
  }
  void SkipSeparators() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\t' || text_.front() == ',')) text_.remove_prefix(1);
  }

  std::string Token() {
    std::string token;
    while (!text_.empty() && IsTokenChar(text_.front())) {
      token += static_cast<char>(std::tolower(static_cast<unsigned char>(text_.front())));
      text_.remove_prefix(1);
    }
    return token;
  }

  bool TakeValue(AuthChallenge& challenge, const std::string& name) {
    text_.remove_prefix(1);
    SkipBlanks();
    std::string value;
    if (!text_.empty() && text_.front() == '"') {
      text_.remove_prefix(1);
      while (!text_.empty() && text_.front() != '"') {
        if (text_.front() == '\\' && text_.size() > 1) text_.remove_prefix(1);
        value += text_.front();
        text_.remove_prefix(1);
      }
      if (text_.empty()) return false;
      text_.remove_prefix(1);
    } else {
      while (!text_.empty() && text_.front() != ',' && text_.front() != ' ') {
        value += text_.front();
        text_.remove_prefix(1);
      }
    }
    challenge.parameters.emplace(name, std::move(value));
    return true;
  }

  std::string_view text_;
};

}  // namespace

const std::string& AuthChallenge::Get(const std::string& name) const {
  static const std::string kNone;
  const auto found = parameters.find(name);
  return found != parameters.end() ? found->second : kNone;
}

std::vector<AuthChallenge> ParseWwwAuthenticate(std::string_view header) { return Parser(header).Parse(); }

}  // namespace skiff::image

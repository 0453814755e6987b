// login, logout.
#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/registry/access_flags.h"
#include "common/file.h"
#include "image/registries_conf.h"
#include "image/registry.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

constexpr size_t kPasswordLimit = 1u << 20;

// One line of standard input, byte by byte: what follows belongs to the next question.
Result<std::string> ReadLine() {
  std::string line;
  for (char c; ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) line += c;
  if (line.empty()) return MakeError(ErrorCode::kInvalid, "nothing was entered");
  return line;
}

Result<std::string> Ask(const char* question) {
  std::fprintf(stderr, "%s", question);
  return ReadLine();
}

// Without echo.
Result<std::string> AskSecret(const char* question) {
  termios old;
  const bool terminal = ::tcgetattr(STDIN_FILENO, &old) == 0;
  if (terminal) {
    termios silent = old;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  auto answer = Ask(question);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
    std::fputc('\n', stderr);
  }
  return answer;
}

// Where logins of this call are kept.
Result<std::string> AuthFileOf(Context& context, const std::string& given) {
  if (!given.empty()) return given;
  ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
  return image::DefaultAuthFile(paths);
}

Result<std::string> RegistryName(const std::string& operand) {
  const std::string name = image::NormalizeRegistry(operand);
  if (name.empty() || name.find_first_of(" \t@") != std::string::npos)
    return MakeError(ErrorCode::kInvalid, "\"{}\" is not a registry: write its host name, with port or path where it has them", operand);
  return name;
}

// The one that is given, or the first that short names are looked for at.
Result<std::string> RegistryOf(Context& context, const std::vector<std::string>& operands) {
  if (!operands.empty()) return RegistryName(operands.front());
  ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
  ASSIGN_OR_RETURN(const image::RegistriesConf conf, image::RegistriesConf::Load(paths));
  if (!conf.search_registries().empty()) return conf.search_registries().front();
  return MakeError(ErrorCode::kInvalid, "no registry given, and registries.conf has no unqualified-search-registries");
}

class LoginCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Value("-u,--username", username_, "name", "User");
    a.Value("-p,--password", password_, "password", "Password; others can see it, better use --password-stdin");
    a.Switch("--password-stdin", password_stdin_, "Read the password from standard input");
    a.Switch("--get-login", get_login_, "Print the user that is logged in");
    a.Switch("-v,--verbose", verbose_, "Say where the login is kept");
    a.Value("--authfile", access_.authfile, "file", "Where logins are kept (default: $REGISTRY_AUTH_FILE, else the user's auth.json)");
    a.Value("--cert-dir", access_.cert_dir, "folder", "Certificates, in place of those in certs.d");
    a.Switch("--tls-verify", access_.tls_verify, "Require TLS and check certificates (default: as registries.conf says)");
    a.Refused("--secret", true, "not supported; use --password-stdin");
    a.Operands(operands_, 0, 1);
  }

  Result<int> Run(Context& context) override {
    ASSIGN_OR_RETURN(const std::string registry, RegistryOf(context, operands_));
    ASSIGN_OR_RETURN(const std::string file, AuthFileOf(context, access_.authfile));
    ASSIGN_OR_RETURN(image::AuthConfig config, image::AuthConfig::Read(file));
    ASSIGN_OR_RETURN(const image::Credentials known, config.Find(registry));
    if (get_login_) {
      if (known.username.empty()) return MakeError(ErrorCode::kNotFound, "not logged into {}", registry);
      PrintLine(known.username);
      return 0;
    }
    TRY(CheckFlags());
    ASSIGN_OR_RETURN(const image::RegistryAccess access, BuildAccess());
    ASSIGN_OR_RETURN(const common::SystemPaths paths, context.Paths());
    if (username_.empty() && password_.empty() && !password_stdin_ && !known.empty()) {
      PrintLine("Authenticating with existing credentials for " + registry);
      FlushOutput();
      if (Verify(paths, access, registry, known)) {
        PrintLine("Existing credentials are valid. Already logged in to " + registry);
        return 0;
      }
      PrintLine("Existing credentials are invalid, please enter valid username and password");
      FlushOutput();
    }
    ASSIGN_OR_RETURN(const image::Credentials credentials, AskCredentials());
    TRY(Verify(paths, access, registry, credentials), "logging into \"{}\"", registry);
    TRY(config.Put(registry, credentials));
    TRY(config.Write(file));
    if (verbose_) PrintLine("Used: " + file);
    PrintLine("Login Succeeded!");
    return 0;
  }

 private:
  Result<> CheckFlags() const {
    if (password_stdin_ && !password_.empty()) return MakeError(ErrorCode::kInvalid, "can't specify both --password-stdin and --password");
    if (password_stdin_ && username_.empty()) return MakeError(ErrorCode::kInvalid, "must provide --username with --password-stdin");
    return {};
  }

  // The auth file is for what is found, not for what is tried now; it need not exist.
  Result<image::RegistryAccess> BuildAccess() const {
    AccessFlags flags = access_;
    flags.authfile.clear();
    return flags.Build();
  }

  Result<image::Credentials> AskCredentials() const {
    image::Credentials credentials{username_, password_, {}};
    if (credentials.username.empty()) {
      ASSIGN_OR_RETURN(credentials.username, Ask("Username: "));
    }
    if (password_stdin_) {
      ASSIGN_OR_RETURN(credentials.password, common::ReadAll(STDIN_FILENO, kPasswordLimit), "--password-stdin");
      while (!credentials.password.empty() && (credentials.password.back() == '\n' || credentials.password.back() == '\r'))
        credentials.password.pop_back();
    } else if (credentials.password.empty()) {
      ASSIGN_OR_RETURN(credentials.password, AskSecret("Password: "));
    }
    return credentials;
  }

  static Result<> Verify(const common::SystemPaths& paths, image::RegistryAccess access, const std::string& registry,
                         const image::Credentials& credentials) {
    access.auth.given = credentials;
    image::RegistryRequest request;
    request.access = std::move(access);
    request.items = {{registry, {}}};
    return image::CheckLogin(paths, request);
  }

  std::string username_, password_;
  bool password_stdin_ = false, get_login_ = false, verbose_ = false;
  AccessFlags access_;
  std::vector<std::string> operands_;
};

class LogoutCommand : public Command {
 public:
  void Declare(Arguments& a) override {
    a.Switch("-a,--all", all_, "Log out of all registries");
    a.Value("--authfile", authfile_, "file", "Where logins are kept (default: $REGISTRY_AUTH_FILE, else the user's auth.json)");
    a.Operands(operands_, 0, 1);
  }

  Result<int> Run(Context& context) override {
    if (all_ && !operands_.empty()) return MakeError(ErrorCode::kInvalid, "--all excludes a registry");
    ASSIGN_OR_RETURN(const std::string file, AuthFileOf(context, authfile_));
    ASSIGN_OR_RETURN(image::AuthConfig config, image::AuthConfig::Read(file));
    if (all_) {
      config.Clear();
      TRY(config.Write(file));
      PrintLine("Removed login credentials for all registries");
      return 0;
    }
    ASSIGN_OR_RETURN(const std::string registry, RegistryOf(context, operands_));
    ASSIGN_OR_RETURN(const bool removed, config.Remove(registry));
    if (!removed) return MakeError(ErrorCode::kNotFound, "not logged into {} (no login in {})", registry, file);
    TRY(config.Write(file));
    PrintLine("Removed login credentials for " + registry);
    return 0;
  }

 private:
  bool all_ = false;
  std::string authfile_;
  std::vector<std::string> operands_;
};

}  // namespace

std::unique_ptr<Command> MakeLogin() { return std::make_unique<LoginCommand>(); }
std::unique_ptr<Command> MakeLogout() { return std::make_unique<LogoutCommand>(); }

}  // namespace skiff::cli

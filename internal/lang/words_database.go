package lang

import "strconv"

// DatabaseWords phrase what can be wrong with the database, each with its cure.
// The English ones are those of internal/store.
type DatabaseWords struct {
	Heading                                      string
	Ready                                        func(where string, version int) string
	Empty                                        func(where string) string // it is made at the first start
	Plain                                        func(where string) string // the connection is not encrypted
	InUse, Corrupt, Newer, Older, Full, ReadOnly string
	Place, Moved                                 string // of a file
	Address, Unreachable, TLS, Cut, Unknown      string
	Login, NoDatabase, Rights, Standby           string
	TooOld, Encoding, Foreign, Busy              string
	Running, NotEmpty, Unfinished, Differs, Same string // of a copy
}

func enDatabase() DatabaseWords {
	return DatabaseWords{
		Heading: "database",
		Ready:   func(where string, version int) string { return where + ", schema " + strconv.Itoa(version) },
		Empty:   func(where string) string { return where + " is empty; the first start makes the tables" },
		Plain: func(where string) string {
			return "the connection to " + where + " is not encrypted, and the readings go over the network in the clear; add sslmode=verify-full to storage.url"
		},
		InUse:       "the database is in use by another mokabot; stop that one first, or give this one a storage.path of its own",
		Corrupt:     "this is not a readable mokabot database; restore a backup, or move the file away to start anew",
		Newer:       "this database was written by a newer mokabot; use that version, or begin with an empty database",
		Older:       "this database was written by an older mokabot; start this version once to bring it up to date",
		Full:        "the disk is full; make room, nothing stored so far is lost",
		ReadOnly:    "the database was opened for reading only",
		Place:       "the database file cannot be made there; name one in a folder that this user may write to in storage.path",
		Moved:       "the database file was moved, replaced or deleted while the bot runs, and the next start does not find what is stored now; stop the bot, put the file back with its -wal beside it, then start the bot",
		Address:     "storage.url is not the address of a PostgreSQL database; write postgres://USER:PASSWORD@HOST:5432/DATABASE",
		Unreachable: "the PostgreSQL server cannot be reached; check the host and port of storage.url, and that the server runs and lets this machine in",
		TLS:         "the connection to PostgreSQL cannot be encrypted as storage.url asks for; check sslmode and sslrootcert there, and the server's certificate",
		Cut:         "the connection to PostgreSQL broke; it is made anew by itself, and what was not stored is tried again",
		Unknown:     "the connection to PostgreSQL broke while it was storing something, and the server does not say what became of it; the next reading shows",
		Login:       "PostgreSQL refuses the user or the password of storage.url; correct them",
		NoDatabase:  "the PostgreSQL server has no database of that name; create it, or correct storage.url",
		Rights:      "the PostgreSQL user lacks rights; make it the owner of the database, or grant it USAGE and CREATE on the schema and everything on its tables",
		Standby:     "this PostgreSQL server takes no changes, it is a standby or read-only; name the primary in storage.url, or several hosts with target_session_attrs=read-write",
		TooOld:      "this PostgreSQL is too old; 13 or newer is needed",
		Encoding:    "the PostgreSQL database is not in UTF-8; create it with ENCODING 'UTF8'",
		Foreign:     "the PostgreSQL database holds tables of another program; give mokabot a database or a schema of its own",
		Busy:        "the PostgreSQL server has no connection left; raise its max_connections, mokabot needs six for each replica",
		Running:     "a mokabot runs on this PostgreSQL database; stop every replica first",
		NotEmpty:    "the database to copy to is not empty; name an empty one",
		Unfinished:  "a copy to this database was broken off; run the same mokabot copy again, which goes on with it",
		Differs:     "the copy is not the same as what was copied; look at the disk of both, then run it again: no bot starts on the copy meanwhile",
		Same:        "the database to copy to is the one to copy from; name another one with --to",
	}
}

func zhDatabase() DatabaseWords {
	return DatabaseWords{
		Heading: "数据库",
		Ready:   func(where string, version int) string { return where + "，表结构版本 " + strconv.Itoa(version) },
		Empty:   func(where string) string { return where + " 还是空的，首次启动时会自动建表" },
		Plain: func(where string) string {
			return "与 " + where + " 的连接未加密，读数会在网络上明文传输；请在 storage.url 中加上 sslmode=verify-full"
		},
		InUse:       "数据库正被另一个 mokabot 使用；请先停掉它，或为当前实例另设 storage.path",
		Corrupt:     "这不是可读取的 mokabot 数据库；请恢复备份，或移走该文件后重新开始",
		Newer:       "该数据库由更新版本的 mokabot 写入；请使用那个版本，或换一个空数据库",
		Older:       "该数据库由旧版本的 mokabot 写入；请先启动一次当前版本完成升级",
		Full:        "磁盘已满；请腾出空间，已存储的数据不会丢失",
		ReadOnly:    "数据库以只读方式打开",
		Place:       "无法在该位置创建数据库文件；请在 storage.path 中填写当前用户可写的文件夹下的文件",
		Moved:       "数据库文件在机器人运行期间被移动、替换或删除，现在存储的内容下次启动时将找不到；请停止机器人，把该文件连同它的 -wal 放回原处，再启动",
		Address:     "storage.url 不是 PostgreSQL 数据库地址；请写成 postgres://USER:PASSWORD@HOST:5432/DATABASE",
		Unreachable: "无法连接 PostgreSQL 服务器；请检查 storage.url 的主机和端口，并确认服务器正在运行且允许本机连接",
		TLS:         "无法按 storage.url 的要求与 PostgreSQL 建立加密连接；请检查其中的 sslmode 和 sslrootcert，以及服务器的证书",
		Cut:         "与 PostgreSQL 的连接中断；会自动重连，尚未存储的内容会重试",
		Unknown:     "写入过程中与 PostgreSQL 的连接中断，服务器也无法说明结果；以下一次读数为准",
		Login:       "PostgreSQL 拒绝了 storage.url 中的用户名或密码；请更正",
		NoDatabase:  "PostgreSQL 服务器上没有这个数据库；请先创建，或更正 storage.url",
		Rights:      "PostgreSQL 用户权限不足；请将其设为数据库所有者，或授予 schema 的 USAGE、CREATE 权限以及各表的全部权限",
		Standby:     "该 PostgreSQL 服务器是备库或处于只读状态，不接受写入；请在 storage.url 中填写主库，或列出多台主机并加上 target_session_attrs=read-write",
		TooOld:      "PostgreSQL 版本过旧；需要 13 或更高版本",
		Encoding:    "PostgreSQL 数据库的编码不是 UTF-8；请用 ENCODING 'UTF8' 创建",
		Foreign:     "该 PostgreSQL 数据库中有其他程序的表；请为 mokabot 单独准备数据库或 schema",
		Busy:        "PostgreSQL 服务器没有空闲连接；请调大 max_connections，每个 mokabot 副本需要六个连接",
		Running:     "有 mokabot 正在使用该 PostgreSQL 数据库；请先停掉所有副本",
		NotEmpty:    "目标数据库不是空的；请换一个空数据库",
		Unfinished:  "到该数据库的复制中途停止；请再次运行同一条 mokabot copy 命令继续",
		Differs:     "复制结果与源数据库不一致；请检查两边的磁盘后重新运行，在此之前 mokabot 不会在复制出的数据库上启动",
		Same:        "目标数据库就是源数据库；请用 --to 指定另一个",
	}
}
